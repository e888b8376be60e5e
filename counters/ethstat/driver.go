package ethstat

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

const (
	driverStats = 1 // ETH_SS_STATS

	countAt = 4 // in words, of struct ethtool_sset_info
	namesAt = 12
	statsAt = 8

	// attempts is how often a device is read whose number of statistics changes.
	attempts = 3
	// maxKnown bounds how many different lists of names are kept.
	maxKnown = 512
)

// errChanging is for a device that has another number of statistics each time.
var errChanging = errors.New("the number of statistics changed while they were read")

// Driver reads the statistics that the driver of an interface keeps, in its
// order and under its names ("ethtool -S"). A driver without any is no error. An
// interface that is gone is unix.ENODEV.
//
// Most are counters of 64 bits, but nobody says which: a driver may count in 32
// bits, begin again at zero when the interface is set up again, or tell a state.
func (c *Conn) Driver(name string) ([]Stat, error) {
	var stats []Stat
	err := errChanging
	for i := 0; i < attempts && errors.Is(err, errChanging); i++ {
		failed := c.dump.Control(func(fd uintptr) { stats, err = c.driver(fd, name) })
		if failed != nil {
			err = failed
		}
	}
	if absent(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read driver statistics of %s: %w", name, err)
	}
	return stats, nil
}

func (c *Conn) driver(fd uintptr, name string) ([]Stat, error) {
	r := c.room
	r.words(unix.ETHTOOL_GSSET_INFO, 0, 1<<driverStats, 0)
	if err := r.ethtool(fd, name); err != nil {
		return nil, err
	}
	count := r.word(countAt)
	if mask := r.word(2); mask == 0 || count == 0 {
		return nil, nil
	}
	if count > maxStats {
		return nil, fmt.Errorf("it has %d, and at most %d can be read", count, maxStats)
	}
	r.words(unix.ETHTOOL_GSTRINGS, driverStats, count)
	if err := r.ethtool(fd, name); err != nil {
		return nil, err
	}
	if r.word(2) != count {
		return nil, errChanging
	}
	names := c.names(r.memory[namesAt : namesAt+int(count)*nameBytes])
	r.words(unix.ETHTOOL_GSTATS, count)
	if err := r.ethtool(fd, name); err != nil {
		return nil, err
	}
	if r.word(1) != count {
		return nil, errChanging
	}
	return decodeDriver(names, r.memory[statsAt:statsAt+int(count)*8]), nil
}

// names are the strings in a block of fixed fields.
func (c *Conn) names(block []byte) []string {
	if names, ok := c.known[string(block)]; ok {
		return names
	}
	if len(c.known) >= maxKnown {
		clear(c.known)
	}
	names := decodeNames(block)
	c.known[string(block)] = names
	return names
}

// decodeNames reads names of 32 bytes each. Drivers fill them up with NUL, or not
// at all.
func decodeNames(block []byte) []string {
	names := make([]string, 0, len(block)/nameBytes)
	for ; len(block) >= nameBytes; block = block[nameBytes:] {
		name, _, _ := bytes.Cut(block[:nameBytes], []byte{0})
		names = append(names, string(bytes.TrimSpace(name)))
	}
	return names
}

// decodeDriver joins names and values; what has no name is left out, as some
// drivers have gaps. Of two that have the same name both are given.
func decodeDriver(names []string, values []byte) []Stat {
	stats := make([]Stat, 0, len(names))
	for i, name := range names {
		if name != "" && len(values) >= 8*(i+1) {
			stats = append(stats, Stat{name, binary.NativeEndian.Uint64(values[8*i:])})
		}
	}
	return stats
}
