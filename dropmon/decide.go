package dropmon

import (
	"encoding/binary"

	"golang.org/x/net/bpf"
)

// Parts of a classic instruction, by their numbers in the kernel's interface.
const (
	classLoad   = 0
	classLoadX  = 1
	classStore  = 2
	classStoreX = 3
	classALU    = 4
	classJump   = 5
	classReturn = 6

	modes        = 0xe0
	modeConstant = 0x00
	modeAbsolute = 0x20
	modeIndirect = 0x40
	modeCell     = 0x60
	modeLength   = 0x80

	withX        = 0x08
	opcodeHeader = 0xb1 // X = 4 * (byte at K & 15)
	opcodeJump   = 0x05
	opcodeIsA    = 0x16 // return A
	opcodeToX    = 0x07
)

// A verdict of a packet filter on a frame.
type verdict uint8

const (
	rejected verdict = iota
	accepted
	undecided // the frame is cut before what the filter looks at
)

// A machine runs a classic program on a frame that may be cut short, just as the
// program that the source ebpf loads. Unlike others it tells a field beyond the
// end of the packet, which rejects it, from one that is cut off.
type machine struct {
	frame  []byte
	length uint64 // on the wire
	a, x   uint32
	cells  [16]uint32
}

// decide takes a program that kernel.CheckFilter accepts.
func decide(code []bpf.RawInstruction, frame []byte, length uint32) verdict {
	m := machine{frame: frame, length: max(uint64(length), uint64(len(frame)))}
	for pc := 0; pc < len(code); pc++ {
		i := &code[pc]
		end, ended := rejected, false
		switch i.Op & 7 {
		case classLoad, classLoadX:
			end, ended = m.load(i)
		case classStore:
			m.cells[i.K%16] = m.a
		case classStoreX:
			m.cells[i.K%16] = m.x
		case classALU:
			ended = !m.operate(i)
		case classJump:
			pc += m.skip(i)
		case classReturn:
			end, ended = m.result(i), true
		default:
			if i.Op == opcodeToX {
				m.x = m.a
			} else {
				m.a = m.x
			}
		}
		if ended {
			return end
		}
	}
	return rejected
}

func (m *machine) result(i *bpf.RawInstruction) verdict {
	if i.Op == opcodeIsA && m.a != 0 || i.Op != opcodeIsA && i.K != 0 {
		return accepted
	}
	return rejected
}

func fieldSize(op uint16) uint32 {
	switch op & 0x18 {
	case 0x00:
		return 4
	case 0x08:
		return 2
	}
	return 1
}

func (m *machine) load(i *bpf.RawInstruction) (end verdict, ended bool) {
	to := &m.a
	if i.Op&7 == classLoadX {
		to = &m.x
	}
	offset, size := uint64(i.K), uint64(fieldSize(i.Op))
	switch i.Op & modes {
	case modeConstant:
		*to = i.K
		return rejected, false
	case modeCell:
		*to = m.cells[i.K%16]
		return rejected, false
	case modeLength:
		*to = uint32(m.length)
		return rejected, false
	case modeIndirect:
		offset += uint64(m.x)
	}
	switch {
	case offset+size > m.length:
		return rejected, true
	case offset+size > uint64(len(m.frame)):
		return undecided, true
	case size == 4:
		*to = binary.BigEndian.Uint32(m.frame[offset:])
	case size == 2:
		*to = uint32(binary.BigEndian.Uint16(m.frame[offset:]))
	default:
		*to = uint32(m.frame[offset])
	}
	if i.Op == opcodeHeader {
		*to = *to & 15 * 4
	}
	return rejected, false
}

// operate does arithmetic on A; a division by zero ends the program.
func (m *machine) operate(i *bpf.RawInstruction) bool {
	k := i.K
	if i.Op&withX != 0 {
		k = m.x
	}
	switch i.Op & 0xf0 {
	case 0x00:
		m.a += k
	case 0x10:
		m.a -= k
	case 0x20:
		m.a *= k
	case 0x30, 0x90:
		if k == 0 {
			return false
		}
		if i.Op&0xf0 == 0x30 {
			m.a /= k
		} else {
			m.a %= k
		}
	case 0x40:
		m.a |= k
	case 0x50:
		m.a &= k
	case 0x60:
		m.a <<= k
	case 0x70:
		m.a >>= k
	case 0x80:
		m.a = -m.a
	case 0xa0:
		m.a ^= k
	}
	return true
}

// skip tells how many instructions a jump passes over.
func (m *machine) skip(i *bpf.RawInstruction) int {
	if i.Op == opcodeJump {
		return int(i.K)
	}
	k := i.K
	if i.Op&withX != 0 {
		k = m.x
	}
	var holds bool
	switch i.Op & 0xf0 {
	case 0x10:
		holds = m.a == k
	case 0x20:
		holds = m.a > k
	case 0x30:
		holds = m.a >= k
	case 0x40:
		holds = m.a&k != 0
	}
	if holds {
		return int(i.Jt)
	}
	return int(i.Jf)
}
