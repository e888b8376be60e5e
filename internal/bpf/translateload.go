package bpf

import (
	"math"

	"github.com/cilium/ebpf/asm"
	classic "golang.org/x/net/bpf"
)

// Addressing modes of a load.
const (
	modeMask     = 0xe0
	modeConstant = 0x00
	modeAbsolute = 0x20
	modeIndirect = 0x40
	modeCell     = 0x60
)

// longestHeader is where the index of most programs ends: the length of an IPv4
// header.
const longestHeader = 60

// sizes of a field, by the bits of the instruction.
var sizes = map[uint16]asm.Size{0x00: asm.Word, 0x08: asm.Half, 0x10: asm.Byte}

// field tells whether an instruction loads from the frame.
func field(c classic.RawInstruction) (size asm.Size, indirect, ok bool) {
	size, known := sizes[c.Op&0x18]
	mode := c.Op & modeMask
	return size, mode == modeIndirect, known && c.Op&7 == classLoad && c.Op <= 0xff && (mode == modeAbsolute || mode == modeIndirect)
}

// frameLimit is how much of a frame a program looks at, as far as can be told,
// within what there is room for.
func frameLimit(code []classic.RawInstruction) uint32 {
	limit := uint64(leastFrame)
	for _, c := range code {
		size, indirect, ok := field(c)
		end := uint64(c.K) + uint64(size.Sizeof())
		switch {
		case c.Op == opLoadHeader:
			end = uint64(c.K) + 1
		case indirect:
			end += longestHeader
		case !ok:
			continue
		}
		if end <= frameBytes {
			limit = max(limit, (end+7)&^7)
		}
	}
	return uint32(limit)
}

func (t *translator) load(c classic.RawInstruction) error {
	to := regA
	if c.Op&7 == classLoadX {
		to = regX
	}
	if size, indirect, ok := field(c); ok && indirect {
		t.indirect(c.K, size)
		return nil
	} else if ok {
		t.absolute(to, c.K, size)
		return nil
	}
	switch {
	case c.Op == opLoadHeader:
		t.absolute(regX, c.K, asm.Byte)
		t.emit(asm.And.Imm32(regX, 15), asm.LSh.Imm32(regX, 2))
	case c.Op&^1 == opLoadLength:
		t.emit(asm.LoadMem(to, regFrame, frameLength, asm.Word))
	case c.Op&^1 == modeConstant:
		t.emit(asm.Mov.Imm32(to, int32(c.K)))
	case c.Op&^1 == opLoadMemory && c.K < 16:
		t.emit(asm.LoadMem(to, asm.RFP, cell(c.K), asm.Word))
	default:
		return errUnknown(c)
	}
	return nil
}

// absolute loads a field from a place that is known now.
func (t *translator) absolute(to asm.Register, k uint32, size asm.Size) {
	end := uint64(k) + uint64(size.Sizeof())
	if end > uint64(t.limit) {
		t.emit(asm.LoadImm(asm.R2, int64(k), asm.DWord))
		t.far(to, size)
		return
	}
	t.emit(
		asm.Mov.Imm(asm.R1, int32(end)),
		asm.LoadMem(asm.R2, regFrame, frameCopied, asm.Word),
		asm.JGT.Reg(asm.R1, asm.R2, t.end(labelShort)),
		asm.LoadMem(to, regFrame, frameData+int16(k), size),
	)
	t.swap(to, size)
}

// indirect loads a field into A from a place that X has a part in.
func (t *translator) indirect(k uint32, size asm.Size) {
	t.emit(asm.Mov.Reg(asm.R2, regX))
	if k <= math.MaxInt32 {
		t.emit(asm.Add.Imm(asm.R2, int32(k)))
	} else {
		t.emit(asm.LoadImm(asm.R3, int64(k), asm.DWord), asm.Add.Reg(asm.R2, asm.R3))
	}
	last := int64(t.limit) - int64(size.Sizeof()) // where a field in data can begin
	if int64(k) > last || t.compact {
		t.far(regA, size)
		return
	}
	far := t.own()
	// In code that is never reached some kernels (6.1) may believe of X what
	// cannot be, and then refuse to use it with a pointer. They know nothing of
	// a number whose bytes were swapped.
	t.emit(asm.HostTo(asm.BE, asm.R2, asm.DWord), asm.HostTo(asm.BE, asm.R2, asm.DWord))
	t.emit(
		asm.JGT.Imm(asm.R2, int32(last), far),
		asm.Mov.Reg(asm.R1, asm.R2),
		asm.Add.Imm(asm.R1, int32(size.Sizeof())),
		asm.LoadMem(asm.R3, regFrame, frameCopied, asm.Word),
		asm.JGT.Reg(asm.R1, asm.R3, t.end(labelShort)),
		asm.Mov.Reg(asm.R1, regFrame),
		asm.Add.Reg(asm.R1, asm.R2),
		asm.LoadMem(regA, asm.R1, frameData, size),
	)
	t.swap(regA, size)
	t.emit(asm.Ja.Label(t.next))
	t.label = far
	t.far(regA, size)
}

// far loads a field at R2 through a function. What the kernel knows of the
// result is what it knows of a field loaded directly, or it would follow both
// ways from here on.
func (t *translator) far(to asm.Register, size asm.Size) {
	t.emit(
		asm.LoadMem(asm.R1, asm.RFP, levelOffset, asm.Word),
		asm.Mov.Imm(asm.R3, int32(size.Sizeof())),
		asm.Call.Label(loadFunction),
		asm.Mov.Reg(asm.R1, asm.R0),
		asm.RSh.Imm(asm.R1, 32), // FRAME_ENDED
		asm.JNE.Imm(asm.R1, 0, t.end(labelEnded)),
		asm.Mov.Reg32(to, asm.R0),
	)
	if size != asm.Word {
		t.emit(asm.And.Imm32(to, 1<<(8*size.Sizeof())-1))
	}
}

// swap turns a field from network order.
func (t *translator) swap(register asm.Register, size asm.Size) {
	if size != asm.Byte {
		t.emit(asm.HostTo(asm.BE, register, size))
	}
}
