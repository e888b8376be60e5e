package pcapfilter

// A relation compares two values.
type relation uint8

const (
	equal relation = iota
	greater
	greaterOrEqual
	anyBit // of the right value is set in the left one
)

// A test is one comparison. The left value is not constant.
type test struct {
	relation    relation
	left, right *value
}

// reach is how long a frame must be for the fields at known places.
func (t test) reach() uint64 { return max(t.left.reach, t.right.reach) }

// fallible tells whether there is another way for a test to end the program.
func (t test) fallible() bool { return t.left.fallible || t.right.fallible }

// A condition is true or false of a frame: a test, a fixed answer, or a
// combination, of which the left part is looked at first.
type condition struct {
	combination combination
	left, right *condition
	test        test
}

type combination uint8

const (
	single combination = iota
	both
	either
	negated
	always
	never
)

func yes() *condition { return &condition{combination: always} }
func no() *condition  { return &condition{combination: never} }

func and(first *condition, rest ...*condition) *condition {
	for _, c := range rest {
		first = &condition{combination: both, left: first, right: c}
	}
	return first
}

func or(first *condition, rest ...*condition) *condition {
	for _, c := range rest {
		first = &condition{combination: either, left: first, right: c}
	}
	return first
}

func not(c *condition) *condition {
	return &condition{combination: negated, left: c}
}

func decided(answer bool) *condition {
	if answer {
		return yes()
	}
	return no()
}

// compare makes the condition that two values are in a relation.
func compare(r relation, left, right *value) *condition {
	switch {
	case left.operation == opConstant && right.operation == opConstant:
		return decided(r.holds(left.k, right.k))
	case left.operation == opConstant && r == equal:
		left, right = right, left
	case left.operation == opConstant && r == greater: // k > v is not v >= k
		return not(compare(greaterOrEqual, right, left))
	case left.operation == opConstant && r == greaterOrEqual:
		return not(compare(greater, right, left))
	}
	zero := right.operation == opConstant && right.k == 0
	if r == equal && zero && left.operation == opAnd && left.right.operation == opConstant {
		return not(compare(anyBit, left.left, left.right))
	}
	return &condition{test: test{r, left, right}}
}

func (r relation) holds(a, b uint32) bool {
	switch r {
	case equal:
		return a == b
	case greater:
		return a > b
	case greaterOrEqual:
		return a >= b
	}
	return a&b != 0
}
