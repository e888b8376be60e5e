package dropmon

import (
	"errors"

	"golang.org/x/net/bpf"

	kernel "dropwatch/internal/bpf"
)

// A PacketFilter keeps only packets that a classic BPF program accepts. The
// program sees Ethernet frames: a packet without a link-layer header gets one of
// zero addresses and its protocol, and a VLAN tag that the kernel keeps apart is
// put back in. It must not be changed while a source uses it.
//
// A packet that does not match is not there: it is not counted, and no sample of
// it is shown. A packet of which the program would have to see more than a source
// has is counted in [Stats].Undecided. Buffers that are no packets never match.
type PacketFilter struct {
	Text         string // the expression, for messages
	Instructions []bpf.RawInstruction
}

// code is empty without a filter.
func (f *PacketFilter) code() []bpf.RawInstruction {
	if f == nil {
		return nil
	}
	return f.Instructions
}

// check refuses a program that no source can run.
func (f *PacketFilter) check() error {
	if f == nil {
		return nil
	}
	if len(f.Instructions) == 0 {
		return errors.New("packet filter: no instructions")
	}
	return kernel.CheckFilter(f.Instructions)
}

// reach is how many bytes of a frame a program looks at, as far as can be told:
// an index is mostly the length of an IPv4 header.
func (f *PacketFilter) reach() uint32 {
	const longestHeader, most = 60, 65535
	reach := uint32(0)
	for _, i := range f.code() {
		end := i.K
		switch {
		case i.Op == opcodeHeader:
			end++
		case i.Op&7 == classLoad && i.Op&modes == modeAbsolute:
			end += fieldSize(i.Op)
		case i.Op&7 == classLoad && i.Op&modes == modeIndirect:
			end += fieldSize(i.Op) + longestHeader
		default:
			continue
		}
		if i.K < most {
			reach = max(reach, end)
		}
	}
	return min(reach, most)
}
