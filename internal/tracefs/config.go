package tracefs

import (
	"fmt"
	"strings"
)

// A Config says what to record. The zero value records all drops.
type Config struct {
	// Root is where tracefs is mounted; empty looks in the usual places.
	Root string
	// BufferBytes is the size of the kernel's buffer for each CPU, where a
	// drop takes about 48 bytes. 0 means 4 MiB, or less where there may be
	// more than 16 CPUs. All together have 1 GiB at most.
	BufferBytes uint64
	// Reasons records only drops with one of these reasons, if there are at
	// most 64 and the kernel knows reasons; else all are recorded.
	Reasons []uint32
	// Idle, if not nil, is called by Receive before it waits, when all drops
	// that were there are delivered.
	Idle func()

	filter string // instead of Reasons, in tests
}

const (
	leastBuffer = 64 << 10
	maxReasons  = 64 // the kernel takes one page of text
)

// bufferBytes is the size of each CPU's buffer.
func (c *Config) bufferBytes(cpus int) uint64 {
	if c.BufferBytes != 0 {
		const total = 1 << 30
		return max(min(c.BufferBytes, total/uint64(cpus)), leastBuffer)
	}
	const total = 64 << 20
	return min(max(total/uint64(cpus), 512<<10), 4<<20)
}

// filterText is the kernel's filter, empty for none.
func (c *Config) filterText(f *format) string {
	if c.filter != "" {
		return c.filter
	}
	if len(c.Reasons) > maxReasons || !f.hasReason() {
		return ""
	}
	var terms []string
	for _, reason := range c.Reasons {
		terms = append(terms, fmt.Sprintf("reason==%d", reason))
	}
	return strings.Join(terms, "||")
}
