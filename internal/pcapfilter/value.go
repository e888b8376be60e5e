package pcapfilter

// An operation is how a value comes to be.
type operation uint8

const (
	opConstant operation = iota // k
	opLength                    // of the packet on the wire
	opLoad                      // size bytes at k, or at k + left
	opHeader                    // length of the IPv4 header at k
	opAdd
	opSubtract
	opMultiply
	opDivide
	opRemainder
	opAnd
	opOr
	opXor
	opShiftLeft
	opShiftRight
)

// A value is something that can be computed from a frame. Equal values are one
// and the same, so that they can be compared as pointers.
type value struct {
	operation   operation
	k           uint32
	size        uint32
	left, right *value

	usesIndex bool   // computing it needs the index register
	cells     int    // of scratch memory that computing it needs
	reach     uint64 // how long the frame must be for its fields at known places
	fallible  bool   // computing it can end the program in another way
}

// A form is what makes two values equal.
type form struct {
	operation   operation
	k, size     uint32
	left, right *value
}

// values holds all that occur in one program.
type values map[form]*value

func (vs values) make(f form) *value {
	if v := vs[f]; v != nil {
		return v
	}
	v := &value{operation: f.operation, k: f.k, size: f.size, left: f.left, right: f.right}
	v.describe()
	vs[f] = v
	return v
}

// describe works out what computing a value takes.
func (v *value) describe() {
	indexed := v.operation == opLoad && v.left != nil
	v.usesIndex = v.operation == opHeader || indexed
	v.fallible = indexed
	switch {
	case v.operation == opHeader:
		v.reach = uint64(v.k) + 1
	case v.operation == opLoad && !indexed:
		v.reach = uint64(v.k) + uint64(v.size)
	}
	for _, operand := range []*value{v.left, v.right} {
		if operand != nil {
			v.cells = max(v.cells, operand.cells)
			v.usesIndex = v.usesIndex || operand.usesIndex
			v.reach = max(v.reach, operand.reach)
			v.fallible = v.fallible || operand.fallible
		}
	}
	if v.right != nil && v.right.operation != opConstant {
		v.usesIndex = true
		v.cells = planOf(v).cells
		v.fallible = v.fallible || v.operation == opDivide || v.operation == opRemainder
	}
}

func (vs values) constant(k uint32) *value {
	return vs.make(form{operation: opConstant, k: k})
}

func (vs values) length() *value {
	return vs.make(form{operation: opLength})
}

// at is a field at a place known now.
func (vs values) at(offset, size uint32) *value {
	return vs.make(form{operation: opLoad, k: offset, size: size})
}

// header is the length of an IPv4 header.
func (vs values) header(offset uint32) *value {
	return vs.make(form{operation: opHeader, k: offset})
}

// farthestField bounds what is added to the fixed part of a place: a frame has
// not more bytes.
const farthestField = wholeFrame

// indexed is a field at a place to be computed. A constant joins the fixed part
// if that is all, or if it is added to the length of a header and both are so
// small that the sum is the same.
func (vs values) indexed(index *value, offset, size uint32) *value {
	if index.operation == opConstant {
		return vs.at(offset+index.k, size)
	}
	if index.operation == opAdd && index.left.operation == opHeader &&
		index.right.operation == opConstant && index.right.k <= farthestField {
		index, offset = index.left, offset+index.right.k
	}
	return vs.make(form{operation: opLoad, k: offset, size: size, left: index})
}

// binary is an operation on two values. It is not computed if the result does
// not depend on one of them; a field beyond the end of the frame does no harm
// then. The caller has checked that the right side is possible.
func (vs values) binary(op operation, left, right *value) *value {
	if left.operation == opConstant && right.operation == opConstant {
		return vs.constant(calculate(op, left.k, right.k))
	}
	commutes := op == opAdd || op == opMultiply || op == opAnd || op == opOr || op == opXor
	if left.operation == opConstant && commutes {
		left, right = right, left
	}
	absorbs := op == opMultiply || op == opAnd
	switch {
	case right.operation == opConstant && right.k == 0 && absorbs:
		return right
	case right.operation == opConstant && right.k == 0:
		return left
	case right.operation == opConstant && right.k == 0xffffffff && op == opAnd:
		return left
	case left.operation == opConstant && left.k == 0 && op != opSubtract:
		return left
	case right.operation != opConstant || left.operation != op || left.right.operation != opConstant:
	case op == opAdd || op == opSubtract:
		return vs.binary(op, left.left, vs.constant(left.right.k+right.k))
	}
	return vs.make(form{operation: op, left: left, right: right})
}

// calculate does what the machine would. Nothing is divided by zero here.
func calculate(op operation, a, b uint32) uint32 {
	switch op {
	case opAdd:
		return a + b
	case opSubtract:
		return a - b
	case opMultiply:
		return a * b
	case opDivide:
		return a / b
	case opRemainder:
		return a % b
	case opAnd:
		return a & b
	case opOr:
		return a | b
	case opXor:
		return a ^ b
	case opShiftLeft:
		return a << b
	}
	return a >> b
}
