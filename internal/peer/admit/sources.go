package admit

import (
	"encoding/binary"
	"net/netip"
	"time"
)

// An origin is what counts as one source: an IPv4 address, or the network of
// 64 bits that one IPv6 host can take its addresses from.
type origin struct {
	bits uint64
	v4   bool
}

func originOf(addr netip.Addr) origin {
	if addr = addr.Unmap(); addr.Is4() {
		b := addr.As4()
		return origin{bits: uint64(binary.BigEndian.Uint32(b[:])), v4: true}
	}
	b := addr.As16()
	return origin{bits: binary.BigEndian.Uint64(b[:8])}
}

// none ends the chain.
const none = -1

// A slot is a source and its neighbours by time of use.
type slot struct {
	origin
	bucket
	newer, older int32
}

// Sources are those that sent last, a fixed number of them.
type sources struct {
	rate  rate
	most  int
	index map[origin]int32
	slots []slot
	// ends of the chain
	newest, oldest int32
}

func newSources(most int, r rate) *sources {
	return &sources{rate: r, most: most, index: make(map[origin]int32, most), slots: make([]slot, 0, most), newest: none, oldest: none}
}

// has tells whether a source is there.
func (s *sources) has(o origin) bool {
	_, ok := s.index[o]
	return ok
}

// take counts a packet of a source, which becomes the newest, and tells
// whether it is within its rate. A new source takes the place of the oldest.
func (s *sources) take(o origin, now time.Time) bool {
	at, ok := s.index[o]
	if ok {
		s.unlink(at)
	} else {
		at = s.place()
		s.slots[at].origin, s.slots[at].bucket = o, s.rate.full(now)
		s.index[o] = at
	}
	s.link(at)
	return s.slots[at].take(s.rate, now)
}

// place returns a slot that is in no chain and no index.
func (s *sources) place() int32 {
	if len(s.slots) < s.most {
		s.slots = append(s.slots, slot{})
		return int32(len(s.slots) - 1)
	}
	at := s.oldest
	s.unlink(at)
	delete(s.index, s.slots[at].origin)
	return at
}

func (s *sources) link(at int32) {
	s.slots[at].older, s.slots[at].newer = s.newest, none
	if s.newest != none {
		s.slots[s.newest].newer = at
	}
	s.newest = at
	if s.oldest == none {
		s.oldest = at
	}
}

func (s *sources) unlink(at int32) {
	newer, older := s.slots[at].newer, s.slots[at].older
	if newer == none {
		s.newest = older
	} else {
		s.slots[newer].older = older
	}
	if older == none {
		s.oldest = newer
	} else {
		s.slots[older].newer = newer
	}
}
