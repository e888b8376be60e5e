package syslog

import (
	"slices"
	"time"
)

// kept holds what was acknowledged last on a connection. If it turns out that the
// daemon had not read all, this is sent again.
type kept struct {
	chunks []keptChunk
	bytes  int
}

type keptChunk struct {
	b        []byte
	messages int
	sent     time.Time
}

// How much is kept: what the daemon's kernel can hold, as far as we know, and not
// what is so old that it was read for sure or the connection given up.
const (
	keepAtLeast = 256 << 10
	keepAtMost  = 8 << 20
	keepFor     = 2 * unackedTimeout
)

// add keeps a copy of a chunk, which has whole messages.
func (k *kept) add(b []byte, messages int) {
	k.chunks = append(k.chunks, keptChunk{slices.Clone(b), messages, time.Now()})
	k.bytes += len(b)
}

// trim forgets what is more than the daemon can hold unread.
func (k *kept) trim(window int) {
	limit := min(max(2*window, keepAtLeast), keepAtMost)
	before := time.Now().Add(-keepFor)
	n := 0
	for n < len(k.chunks) && (k.bytes-len(k.chunks[n].b) >= limit || k.chunks[n].sent.Before(before)) {
		k.bytes -= len(k.chunks[n].b)
		n++
	}
	k.chunks = slices.Delete(k.chunks, 0, n)
}

// messages is how many messages there are.
func (k *kept) messages() (n int) {
	for _, c := range k.chunks {
		n += c.messages
	}
	return n
}
