package pcapfilter

import (
	"encoding/binary"

	"golang.org/x/net/bpf"
)

// Match tells whether a frame matches. The frame may be cut short: its wire
// length is what "len", "less" and "greater" see, while a field that is not in
// what is left rejects it.
func (p *Program) Match(frame []byte, wireLength int) bool {
	return run(p.code, frame, uint32(max(wireLength, 0))) != 0
}

// run executes a program, as far as this package makes and tcpdump prints them.
// A program that runs past its end rejects.
func run(code []bpf.RawInstruction, frame []byte, wireLength uint32) uint32 {
	var a, x uint32
	var memory [memoryCells]uint32
	for pc := 0; pc < len(code); pc++ {
		i := &code[pc]
		ok := true
		switch i.Op {
		case opcodeLoadWord, opcodeLoadHalf, opcodeLoadByte:
			a, ok = field(frame, i.Op, uint64(i.K))
		case opcodeIndexedWord, opcodeIndexedHalf, opcodeIndexedByte:
			a, ok = field(frame, i.Op-opcodeIndexedWord+opcodeLoadWord, uint64(i.K)+uint64(x))
		case opcodeIndexHeader:
			x, ok = field(frame, opcodeLoadByte, uint64(i.K))
			x = x & 15 * 4
		case opcodeLoad:
			a = i.K
		case opcodeLoadMemory:
			a = memory[i.K%memoryCells]
		case opcodeLoadLength:
			a = wireLength
		case opcodeIndexConst:
			x = i.K
		case opcodeIndexMemory:
			x = memory[i.K%memoryCells]
		case opcodeIndexLength:
			x = wireLength
		case opcodeStore:
			memory[i.K%memoryCells] = a
		case opcodeStoreIndex:
			memory[i.K%memoryCells] = x
		case opcodeMoveToIndex:
			x = a
		case opcodeMoveToA:
			a = x
		case opcodeJump:
			pc += int(i.K)
		case opcodeReturn:
			return i.K
		case opcodeReturnA:
			return a
		default:
			if i.Op&7 == opcodeJump {
				pc += skip(i, a, x)
			} else {
				a, ok = operate(i, a, x)
			}
		}
		if !ok {
			return 0
		}
	}
	return 0
}

// field reads 4, 2 or 1 bytes of a frame.
func field(frame []byte, op uint16, offset uint64) (uint32, bool) {
	length := uint64(len(frame))
	switch {
	case op == opcodeLoadByte && offset < length:
		return uint32(frame[offset]), true
	case op == opcodeLoadHalf && offset+2 <= length:
		return uint32(binary.BigEndian.Uint16(frame[offset:])), true
	case op == opcodeLoadWord && offset+4 <= length:
		return binary.BigEndian.Uint32(frame[offset:]), true
	}
	return 0, false
}

// skip tells how many instructions a conditional jump passes over.
func skip(i *bpf.RawInstruction, a, x uint32) int {
	k := i.K
	if i.Op&withIndex != 0 {
		k = x
	}
	var holds bool
	switch i.Op &^ withIndex {
	case opcodeJumpEqual:
		holds = a == k
	case opcodeJumpGreater:
		holds = a > k
	case opcodeJumpAtLeast:
		holds = a >= k
	case opcodeJumpBits:
		holds = a&k != 0
	}
	if holds {
		return int(i.Jt)
	}
	return int(i.Jf)
}

// operate does arithmetic. A division by zero rejects, and so does what is not
// an instruction.
func operate(i *bpf.RawInstruction, a, x uint32) (uint32, bool) {
	k := i.K
	if i.Op&withIndex != 0 {
		k = x
	}
	switch i.Op &^ withIndex {
	case opcodeAdd:
		return a + k, true
	case opcodeSubtract:
		return a - k, true
	case opcodeMultiply:
		return a * k, true
	case opcodeDivide, opcodeRemainder:
		switch {
		case k == 0:
			return 0, false
		case i.Op&^withIndex == opcodeDivide:
			return a / k, true
		}
		return a % k, true
	case opcodeAnd:
		return a & k, true
	case opcodeOr:
		return a | k, true
	case opcodeXor:
		return a ^ k, true
	case opcodeShiftLeft:
		return a << k, true
	case opcodeShiftRight:
		return a >> k, true
	case opcodeNegate:
		return -a, true
	}
	return 0, false
}
