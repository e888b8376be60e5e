package pcapfilter

// A fact is the result of a test. Facts are kept in chains that share their
// beginnings: what two ways to a block have in common is where their chains
// meet.
type fact struct {
	test   test
	holds  bool
	before *fact
	depth  int
}

// facts are known at a place of the graph. Values that are known exactly tell
// the most, and are kept apart from the others, which may be many.
type facts struct {
	exact, other *fact
	length       uint64 // the frame is at least so long
}

// maxFacts bounds how many of the others are looked at.
const maxFacts = 64

func (f *fact) deep() int {
	if f == nil {
		return 0
	}
	return f.depth
}

// with adds the result of a test.
func (fs facts) with(t test, holds bool) facts {
	fs.length = max(fs.length, t.reach())
	if holds && t.relation == equal && t.right.operation == opConstant {
		fs.exact = &fact{t, holds, fs.exact, fs.exact.deep() + 1}
	} else {
		fs.other = &fact{t, holds, fs.other, fs.other.deep() + 1}
	}
	return fs
}

// meet returns what two chains have in common.
func meet(a, b *fact) *fact {
	for a != b {
		if a.deep() > b.deep() {
			a = a.before
		} else if b.deep() > a.deep() {
			b = b.before
		} else {
			a, b = a.before, b.before
		}
	}
	return a
}

// result tells what a test will say, if that is known.
func (fs facts) result(t test) (holds, known bool) {
	constant := t.right.operation == opConstant
	for f := fs.exact; f != nil && constant; f = f.before {
		if f.test.left == t.left {
			return t.relation.holds(f.test.right.k, t.right.k), true
		}
	}
	left := maxFacts
	for f := fs.other; f != nil && left > 0; f, left = f.before, left-1 {
		if f.test == t {
			return f.holds, true
		}
		if constant && f.test.left == t.left && f.test.right.operation == opConstant {
			if holds, known = f.implies(t); known {
				return holds, true
			}
		}
	}
	return false, false
}

// implies compares what a fact leaves possible for a value with what a test
// asks of it.
func (f *fact) implies(t test) (holds, known bool) {
	low, high, ok := interval(f.test, f.holds)
	if !ok {
		return false, false
	}
	from, to, ok := interval(t, true)
	switch {
	case !ok:
		return false, false
	case from <= low && high <= to:
		return true, true
	case high < from || to < low:
		return false, true
	}
	return false, false
}

// interval is the range of values of which a test says yes, or no. It is not ok
// if that is no range, or empty.
func interval(t test, holds bool) (low, high uint32, ok bool) {
	const largest = ^uint32(0)
	k := t.right.k
	switch {
	case t.relation == equal:
		return k, k, holds
	case t.relation == greater && holds:
		return k + 1, largest, k < largest
	case t.relation == greater:
		return 0, k, true
	case t.relation == greaterOrEqual && holds:
		return k, largest, true
	case t.relation == greaterOrEqual:
		return 0, k - 1, k > 0
	}
	return 0, 0, false
}

// skipKnown lets the ways out of each block pass over tests whose result is
// known there. It marks the blocks that are reached, and reports whether it
// changed anything. Blocks come before those that follow them.
func (g *graph) skipKnown(root *block) (changed bool) {
	root.reached, root.known = true, &facts{}
	for i := len(g.all) - 1; i >= 0; i-- {
		b := g.all[i]
		if !b.reached || b.isEnd() {
			continue
		}
		yes := follow(b.yes, b.known.with(b.test, true))
		no := follow(b.no, b.known.with(b.test, false))
		changed = changed || yes != b.yes || no != b.no
		b.yes, b.no = yes, no
	}
	return changed
}

// follow finds the first block whose result is not known, and lets it know of
// one more way to it.
func follow(b *block, fs facts) *block {
	for !b.isEnd() {
		holds, known := fs.result(b.test)
		if !known && !(b.yes == b.no && b.test.reach() <= fs.length && !b.test.fallible()) {
			break
		}
		if holds {
			b = b.yes
		} else {
			b = b.no
		}
	}
	if b.reached {
		b.known = &facts{
			meet(b.known.exact, fs.exact), meet(b.known.other, fs.other), min(b.known.length, fs.length),
		}
	} else {
		b.reached, b.known = true, &fs
	}
	return b
}
