package counters

import "slices"

// A Change is what one counter did between two samples. One that stood still
// has a change too, with a delta of zero: it is known not to have risen. One
// that is not known in one of the samples has none.
type Change struct {
	Name  string
	Scope Scope // as the later sample has it
	// Delta is by how much the counter rose.
	Delta         uint64
	Before, After uint64
	// Appeared says that the thing counted for was not there before, or had not
	// counted anything; all of its count is delta, and Before is zero.
	Appeared bool
	// Reset says that the count began anew in between. Delta is what has come
	// since then; what came before that is not known.
	Reset bool
	// Wrapped says that the kernel's 32-bit counter overflowed. Delta is right
	// unless that happened more than once.
	Wrapped bool
}

// Diff tells what happened between two samples of the same namespace; for
// samples of different ones it returns nothing. The changes are in the order of
// the counters. Gauges have no change, neither has what vanished.
//
// A counter that is only in the later sample counts whole, if its source was
// read whole both times. Otherwise it may have been there all along, and has no
// change.
func Diff(before, after *Sample) []Change {
	if before.NetNS != after.NetNS {
		return nil
	}
	old, now := sorted(before.Counters), sorted(after.Counters)
	changes := make([]Change, 0, len(now))
	for i := range now {
		c := &now[i]
		for len(old) > 0 && old[0].compare(c) < 0 {
			old = old[1:]
		}
		if c.Gauge {
			continue
		}
		if len(old) == 0 || old[0].compare(c) != 0 {
			if before.was(c.Source) && after.was(c.Source) {
				changes = append(changes, Change{Name: c.Name, Scope: c.Scope, Delta: c.Value, After: c.Value, Appeared: true})
			}
			continue
		}
		if !old[0].Gauge {
			changes = append(changes, change(&old[0], c))
		}
		old = old[1:]
	}
	return changes
}

// change compares one counter with itself.
func change(before, after *Counter) Change {
	c := Change{Name: after.Name, Scope: after.Scope, Before: before.Value, After: after.Value}
	switch {
	case c.After >= c.Before:
		c.Delta = c.After - c.Before
	case before.Bits == 32 && after.Bits == 32 && c.Before < 1<<32 && c.Before >= 1<<31 && c.After < 1<<31:
		c.Wrapped = true
		c.Delta = c.After + 1<<32 - c.Before
	default:
		c.Reset = true
		c.Delta = c.After
	}
	return c
}

// sorted returns counters in order, which those of a [Reader] are already.
func sorted(counters []Counter) []Counter {
	if slices.IsSortedFunc(counters, compareCounters) {
		return counters
	}
	counters = slices.Clone(counters)
	slices.SortStableFunc(counters, compareCounters)
	return counters
}
