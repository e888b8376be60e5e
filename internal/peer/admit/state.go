package admit

import (
	"errors"
	"time"

	"dropwatch/internal/peer/identity"
)

// Counts returns the number of packets by verdict so far.
func (g *Gate) Counts() Counts {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.counts
}

// Refusals returns the last refusal of each kind there was one of.
func (g *Gate) Refusals() []Refusal {
	g.mu.Lock()
	defer g.mu.Unlock()
	var all []Refusal
	for _, r := range g.refusals {
		if !r.Time.IsZero() {
			all = append(all, r)
		}
	}
	return all
}

// Last returns the highest epoch and sequence taken of a host, or after a
// restart the mark below which nothing is taken.
func (g *Gate) Last(id identity.ID) (epoch, sequence uint64, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	h, ok := g.hosts[id]
	if !ok {
		return 0, 0, false
	}
	return h.last.epoch, h.last.sequence, true
}

// Forget removes a host with its key and its mark, and tells whether it was
// known. Records of it younger than Skew could be replayed then, so forget only
// hosts that were silent for longer.
func (g *Gate) Forget(id identity.ID) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.hosts, id)
	g.dirty = true
	return g.known.Forget(id)
}

// Save moves the marks that are used up, and writes new keys. Call it about
// every second. The error is of this time; SaveError tells the last one.
func (g *Gate) Save(now time.Time) error {
	g.mu.Lock()
	if g.dirty {
		g.save(g.ahead, now)
	}
	err := g.saveErr
	g.mu.Unlock()
	return errors.Join(err, g.known.Save())
}

// SaveError tells why the marks on the disk are not up to date, if they are
// not: after a restart now, records younger than Skew could be replayed.
func (g *Gate) SaveError() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.saveErr
}

// Close writes the exact marks and the keys. Nothing may be admitted after it.
func (g *Gate) Close() error {
	g.mu.Lock()
	g.save(0, time.Now())
	err := g.saveErr
	g.mu.Unlock()
	return errors.Join(err, g.known.Save())
}
