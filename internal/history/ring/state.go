package ring

import "math"

// state is the block that each update writes.
type state struct {
	sequence   uint64 // of updates of the file
	generation uint64 // of the names it goes with
	last       int64  // latest time of a value
	counts     Counts
	slots      []slot
}

// Counts are since the file was made.
type Counts struct {
	Updates uint64 // that were written
	Refused uint64 // values not later than the one before
	LeftOut uint64 // values for which there was no slot
}

func newState(c *Config) state {
	s := state{slots: make([]slot, c.Slots)}
	sums := make([]sums, c.Slots*(len(c.Archives)-1))
	for i := range s.slots {
		s.slots[i].rows, sums = sums[:len(c.Archives)-1], sums[len(c.Archives)-1:]
	}
	return s
}

// set makes s equal to another of the same shape, without sharing.
func (s *state) set(from *state) {
	slots := s.slots
	*s = *from
	s.slots = slots
	for i := range slots {
		rows := slots[i].rows
		slots[i] = from.slots[i]
		slots[i].rows = rows
		copy(rows, from.slots[i].rows)
	}
}

// clear frees a slot for another value.
func (s *slot) clear() {
	clear(s.rows)
	*s = slot{rows: s.rows}
}

func slotBytes(archives int) int64 { return 24 + 24*int64(archives-1) }

// encodeState writes into b, which has the length of the block.
func encodeState(b []byte, s *state) {
	for i, n := range []uint64{s.sequence, s.generation, uint64(s.last), s.counts.Updates, s.counts.Refused, s.counts.LeftOut} {
		order.PutUint64(b[8*i:], n)
	}
	at := b[stateHead:]
	for i := range s.slots {
		p := &s.slots[i]
		order.PutUint64(at, uint64(p.last))
		order.PutUint64(at[8:], uint64(p.known))
		order.PutUint64(at[16:], math.Float64bits(p.mean))
		at = at[24:]
		for _, r := range p.rows {
			order.PutUint64(at, uint64(r.known))
			order.PutUint64(at[8:], math.Float64bits(r.mean))
			order.PutUint64(at[16:], math.Float64bits(r.max))
			at = at[24:]
		}
	}
	seal(b)
}

func decodeState(b []byte, c *Config) (state, error) {
	s := newState(c)
	if !sealed(b) {
		return s, errChecksum
	}
	s.sequence, s.generation, s.last = order.Uint64(b), order.Uint64(b[8:]), int64(order.Uint64(b[16:]))
	s.counts = Counts{order.Uint64(b[24:]), order.Uint64(b[32:]), order.Uint64(b[40:])}
	at := b[stateHead:]
	for i := range s.slots {
		p := &s.slots[i]
		p.last, p.known = int64(order.Uint64(at)), int64(order.Uint64(at[8:]))
		p.mean = math.Float64frombits(order.Uint64(at[16:]))
		at = at[24:]
		for j := range p.rows {
			p.rows[j] = sums{int64(order.Uint64(at)), math.Float64frombits(order.Uint64(at[8:])), math.Float64frombits(order.Uint64(at[16:]))}
			at = at[24:]
		}
		p.restrain(c)
	}
	s.last = max(0, min(s.last, maxTime))
	return s, nil
}

// restrain forgets a state that cannot be, whose numbers would lead astray.
func (s *slot) restrain(c *Config) {
	bad := s.last < 0 || s.last > maxTime || s.known < 0 || s.known > int64(c.Archives[0].Step)
	for i, r := range s.rows {
		bad = bad || r.known < 0 || r.known > int64(c.Archives[i+1].Step/c.Archives[0].Step)
	}
	if bad {
		s.clear()
	}
}
