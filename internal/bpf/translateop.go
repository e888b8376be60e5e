package bpf

import (
	"fmt"

	"github.com/cilium/ebpf/asm"
	classic "golang.org/x/net/bpf"
)

// Numbers of classic instructions in the kernel's interface: the class in the
// lower three bits, then size or operand, then mode or operation.
const (
	classLoad   = 0x00
	classLoadX  = 0x01
	classStore  = 0x02
	classStoreX = 0x03
	classALU    = 0x04
	classJump   = 0x05
	classReturn = 0x06
	classMisc   = 0x07

	withX = 0x08 // the operand is X, not K

	opLoadMemory = 0x60 // and the same into X with the lowest bit set
	opLoadLength = 0x80
	opLoadHeader = 0xb1 // X = 4 * (byte at K & 15)
	opJump       = 0x05
	opReturn     = 0x06
	opReturnA    = 0x16
	opMoveToX    = 0x07
	opMoveToA    = 0x87

	opDivide     = 0x30
	opRemainder  = 0x90
	opShiftLeft  = 0x60
	opShiftRight = 0x70
	opNegate     = 0x80
)

func errUnknown(c classic.RawInstruction) error {
	return fmt.Errorf("{%#02x %d %d %#x} is no instruction of classic BPF", c.Op, c.Jt, c.Jf, c.K)
}

// reachable tells which instructions can be, and refuses a program that can
// run past its end. Jumps only go forwards.
func reachable(code []classic.RawInstruction) ([]bool, error) {
	reached := make([]bool, len(code)+1)
	reached[0] = true
	for i, c := range code {
		if !reached[i] {
			continue
		}
		var to []uint64
		switch {
		case c.Op == opJump:
			to = []uint64{uint64(c.K)}
		case c.Op&7 == classJump:
			to = []uint64{uint64(c.Jt), uint64(c.Jf)}
		case c.Op&7 != classReturn && !rejects(c):
			to = []uint64{0}
		}
		for _, skip := range to {
			next := uint64(i) + 1 + skip
			if next >= uint64(len(code)) {
				return nil, fmt.Errorf("instruction %d leads out of the program", i)
			}
			reached[next] = true
		}
	}
	return reached, nil
}

// rejects tells whether an instruction divides by a zero that is written there.
func rejects(c classic.RawInstruction) bool {
	return c.K == 0 && (c.Op == classALU|opDivide || c.Op == classALU|opRemainder)
}

func (t *translator) instruction(i int) error {
	c := t.code[i]
	switch c.Op & 7 {
	case classLoad, classLoadX:
		return t.load(c)
	case classStore, classStoreX:
		return t.store(c)
	case classALU:
		return t.operate(c)
	case classJump:
		return t.jump(i, c)
	}
	switch c.Op {
	case opReturn:
		verdict := int32(frameRejected)
		if c.K != 0 {
			verdict = frameAccepted
		}
		t.emit(asm.Mov.Imm(asm.R0, verdict), asm.Return())
	case opReturnA:
		done := t.own()
		t.emit(asm.Mov.Imm(asm.R0, frameRejected), asm.JEq.Imm(regA, 0, done), asm.Mov.Imm(asm.R0, frameAccepted))
		t.label = done
		t.emit(asm.Return())
	case opMoveToX:
		t.emit(asm.Mov.Reg(regX, regA))
	case opMoveToA:
		t.emit(asm.Mov.Reg(regA, regX))
	default:
		return errUnknown(c)
	}
	return nil
}

func (t *translator) store(c classic.RawInstruction) error {
	from := regA
	if c.Op&7 == classStoreX {
		from = regX
	}
	if c.Op > classStoreX || c.K > 15 {
		return errUnknown(c)
	}
	t.emit(asm.StoreMem(asm.RFP, cell(c.K), from, asm.Word))
	return nil
}

// operations of 32 bits, by their number in the classic instruction.
var operations = map[uint16]asm.ALUOp{
	0x00: asm.Add, 0x10: asm.Sub, 0x20: asm.Mul, opDivide: asm.Div, 0x40: asm.Or, 0x50: asm.And,
	opShiftLeft: asm.LSh, opShiftRight: asm.RSh, opRemainder: asm.Mod, 0xa0: asm.Xor,
}

// operate does arithmetic on A.
func (t *translator) operate(c classic.RawInstruction) error {
	operation, known := operations[c.Op&^0xf]
	divides := c.Op&^0xf == opDivide || c.Op&^0xf == opRemainder
	shifts := c.Op&^0xf == opShiftLeft || c.Op&^0xf == opShiftRight
	byX := c.Op&withX != 0
	switch {
	case c.Op == classALU|opNegate:
		t.emit(asm.Neg.Imm32(regA, 0))
	case !known || c.Op > 0xff:
		return errUnknown(c)
	case shifts && byX:
		t.shift(operation)
	case shifts && c.K > 31:
		t.emit(asm.Mov.Imm(regA, 0))
	case divides && byX:
		t.emit(asm.JEq.Imm(regX, 0, t.end(labelReject)), operation.Reg32(regA, regX))
	case rejects(c):
		t.emit(asm.Ja.Label(t.end(labelReject)))
	case byX:
		t.emit(operation.Reg32(regA, regX))
	default:
		t.emit(operation.Imm32(regA, int32(c.K)))
	}
	return nil
}

// shift gives 0 where the machine would shift by the lower five bits of X.
func (t *translator) shift(operation asm.ALUOp) {
	within := t.own()
	t.emit(asm.JLE.Imm(regX, 31, within), asm.Mov.Imm(regA, 0), asm.Ja.Label(t.next))
	t.label = within
	t.emit(operation.Reg32(regA, regX))
}

// comparisons, and their opposites.
var comparisons = map[uint16][2]asm.JumpOp{
	0x10: {asm.JEq, asm.JNE}, 0x20: {asm.JGT, asm.JLE}, 0x30: {asm.JGE, asm.JLT}, 0x40: {asm.JSet, asm.InvalidJumpOp},
}

func (t *translator) jump(i int, c classic.RawInstruction) error {
	if c.Op == opJump {
		t.emit(asm.Ja.Label(place(i + 1 + int(c.K))))
		return nil
	}
	pair, known := comparisons[c.Op&^0xf]
	if !known || c.Op > 0xff {
		return errUnknown(c)
	}
	yes, no := place(i+1+int(c.Jt)), place(i+1+int(c.Jf))
	compare := func(op asm.JumpOp, to string) asm.Instruction {
		if c.Op&withX != 0 {
			return op.Reg32(regA, regX, to)
		}
		return op.Imm32(regA, int32(c.K), to)
	}
	switch {
	case c.Jt == c.Jf:
		t.emit(asm.Ja.Label(yes))
	case c.Jf == 0:
		t.emit(compare(pair[0], yes))
	case c.Jt == 0 && pair[1] != asm.InvalidJumpOp:
		t.emit(compare(pair[1], no))
	default:
		t.emit(compare(pair[0], yes), asm.Ja.Label(no))
	}
	return nil
}
