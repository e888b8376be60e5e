package admit

import (
	"fmt"
	"time"

	"dropwatch/internal/peer/identity"
	"dropwatch/internal/peer/record"
)

// A host is what was taken of one.
type host struct {
	last  mark
	came  uint8 // parts of the last record, by bit
	parts uint8
	saved mark // on the disk; not below last
	rate  bucket
}

// allParts is a record of which nothing is taken any more.
const allParts = 0xff

// check tells whether a packet is new.
func (h *host) check(p *record.Header) Verdict {
	switch {
	case p.Epoch < h.last.epoch:
		return OldEpoch
	case p.Epoch > h.last.epoch || p.Sequence > h.last.sequence:
		return Taken
	case p.Sequence < h.last.sequence || h.came&(1<<p.Part) != 0 || h.parts != p.Parts:
		return Replayed
	}
	return Taken
}

func (h *host) take(p *record.Header) {
	if next := (mark{p.Epoch, p.Sequence}); next != h.last {
		h.last, h.came, h.parts = next, 0, p.Parts
	}
	h.came |= 1 << p.Part
}

// Marks are moved this often at most by records; more often only Save does it.
var saveRate = rate{perSecond: 50, burst: 200}

// retryAfter is how long after a failure nothing is written.
const retryAfter = time.Second

// reserve makes sure that the mark on the disk covers a record, which is not
// taken before. The caller holds the lock.
func (g *Gate) reserve(h *host, next mark, now time.Time) bool {
	if h.saved.covers(next) {
		return true
	}
	if g.saveErr != nil && now.Sub(g.saveAt) < retryAfter {
		return true // full disk: see the package comment
	}
	if !g.saves.take(saveRate, now) {
		return false
	}
	before := h.last
	h.last = next // so that it is among what is saved
	g.save(g.ahead, now)
	h.last = before
	return true
}

// save writes all marks, and the keys first: a mark is of use only together
// with the key. The caller holds the lock.
func (g *Gate) save(ahead uint64, now time.Time) {
	marks := make(map[identity.ID]mark, len(g.hosts))
	for id, h := range g.hosts {
		marks[id] = h.last.ahead(ahead)
	}
	g.saveAt, g.dirty = now, false
	if g.saveErr = g.known.Save(); g.saveErr == nil {
		g.saveErr = identity.ReplaceFile(g.path, formatMarks(marks), 0o600)
	}
	if g.saveErr != nil {
		g.saveErr = fmt.Errorf("save marks of hosts: %w", g.saveErr)
		g.dirty = true
		return
	}
	for id, h := range g.hosts {
		h.saved = marks[id]
	}
}
