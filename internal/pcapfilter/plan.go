package pcapfilter

// A plan is the way to get the right value of an operation into the index
// register while the left one is in the accumulator.
type plan struct {
	order order
	cells int // of scratch memory
}

type order uint8

const (
	rightIsConstant order = iota // nothing to do: it is part of the instruction
	rightIsHeader                // left, then the header length by itself
	rightThenIndex               // right, moved to the index register, then left
	rightFirst                   // right, kept in memory, then left
	leftFirst                    // left, kept in memory, then right
	guarded                      // the same, and the right value is looked at
)

// planOf chooses the way that needs the least memory.
func planOf(v *value) plan { return planFor(v.operation, v.left, v.right) }

func planFor(op operation, left, right *value) plan {
	atLeft, atRight := max(left.cells, 1+right.cells), max(right.cells, 1+left.cells)
	switch {
	case right.operation == opConstant:
		return plan{rightIsConstant, left.cells}
	case op == opShiftLeft || op == opShiftRight:
		return plan{guarded, atLeft}
	case right.operation == opHeader:
		return plan{rightIsHeader, left.cells}
	case !left.usesIndex:
		return plan{rightThenIndex, max(left.cells, right.cells)}
	case atLeft < atRight:
		return plan{leftFirst, atLeft}
	}
	return plan{rightFirst, atRight}
}
