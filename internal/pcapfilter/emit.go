package pcapfilter

import "golang.org/x/net/bpf"

// lastOffset is the largest that is an offset in the kernel, too. What is
// beyond it is given another meaning there, and in a frame it does not exist.
const lastOffset = 1<<31 - 1

// An emitter makes the instructions of one block. It knows what the registers
// hold, so that nothing is loaded again.
type emitter struct {
	code        []bpf.RawInstruction
	accumulator *value
	index       *value
	cells       uint32 // in use
	overflow    bool   // more cells were needed than there are
}

func (e *emitter) emit(op uint16, k uint32) {
	e.code = append(e.code, bpf.RawInstruction{Op: op, K: k})
}

// load brings a value into the accumulator.
func (e *emitter) load(v *value) {
	if e.accumulator == v {
		return
	}
	switch v.operation {
	case opConstant:
		e.emit(opcodeLoad, v.k)
	case opLength:
		e.emit(opcodeLoadLength, 0)
	case opHeader:
		e.loadIndex(v)
		e.emit(opcodeMoveToA, 0)
	case opLoad:
		e.loadField(v)
	default:
		e.compute(v)
	}
	e.accumulator = v
}

// loadField loads bytes of the frame. At a place that cannot be, as loads from
// beyond the end do, it ends the program.
func (e *emitter) loadField(v *value) {
	opcodes := loadOpcodes[v.size]
	switch {
	case v.k > lastOffset:
		e.emit(opcodes[0], lastOffset)
	case v.left == nil:
		e.emit(opcodes[0], v.k)
	default:
		e.loadIndex(v.left)
		e.emit(opcodes[1], v.k)
	}
}

// loadIndex brings a value into the index register.
func (e *emitter) loadIndex(v *value) {
	if e.index == v {
		return
	}
	if v.operation == opHeader {
		e.emit(opcodeIndexHeader, min(v.k, lastOffset))
	} else {
		e.load(v)
		e.emit(opcodeMoveToIndex, 0)
	}
	e.index = v
}

// compute does an operation.
func (e *emitter) compute(v *value) {
	how := planOf(v)
	opcode := arithmeticOpcodes[v.operation]
	switch how.order {
	case rightIsConstant:
		e.load(v.left)
		e.emit(opcode, v.right.k)
	case guarded:
		e.shift(v, opcode)
	default:
		e.operands(how, v.left, v.right)
		e.emit(opcode|withIndex, 0)
	}
}

// operands brings two values into the accumulator and the index register.
func (e *emitter) operands(how plan, left, right *value) {
	switch how.order {
	case rightIsHeader:
		e.load(left)
		e.loadIndex(right)
	case rightThenIndex:
		e.loadIndex(right)
		e.load(left)
	case rightFirst:
		e.load(right)
		cell := e.store()
		e.load(left)
		e.emit(opcodeIndexMemory, cell)
		e.index = right
		e.cells--
	case leftFirst:
		e.load(left)
		cell := e.store()
		e.loadIndex(right)
		e.emit(opcodeLoadMemory, cell)
		e.accumulator = left
		e.cells--
	}
}

// store keeps the accumulator in a cell of memory that is free.
func (e *emitter) store() uint32 {
	cell := e.cells
	e.cells++
	if cell >= memoryCells {
		e.overflow, cell = true, 0
	}
	e.emit(opcodeStore, cell)
	return cell
}

// shift gives 0 for 32 bits and more, of which machines have various opinions.
func (e *emitter) shift(v *value, opcode uint16) {
	e.load(v.left)
	cell := e.store()
	e.load(v.right)
	e.emit(opcodeMoveToIndex, 0)
	e.index = v.right
	e.code = append(e.code,
		bpf.RawInstruction{Op: opcodeJumpGreater, K: 31, Jt: 3},
		bpf.RawInstruction{Op: opcodeLoadMemory, K: cell},
		bpf.RawInstruction{Op: opcode | withIndex},
		bpf.RawInstruction{Op: opcodeJump, K: 1},
		bpf.RawInstruction{Op: opcodeLoad, K: 0})
	e.cells--
}

// compare brings what a test needs into the registers and returns the jump.
func (e *emitter) compare(t test) bpf.RawInstruction {
	opcode := jumpOpcodes[t.relation]
	if t.right.operation == opConstant {
		e.load(t.left)
		return bpf.RawInstruction{Op: opcode, K: t.right.k}
	}
	how := planFor(opSubtract, t.left, t.right)
	e.operands(how, t.left, t.right)
	return bpf.RawInstruction{Op: opcode | withIndex}
}
