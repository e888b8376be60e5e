package bpf

import (
	"errors"
	"fmt"
	"unsafe"

	"github.com/cilium/ebpf/asm"
	classic "golang.org/x/net/bpf"
)

// maxClassic is how many instructions a classic program has at the most, as in
// the kernel.
const maxClassic = 4096

// maxJump is how far a jump of eBPF goes.
const maxJump = 1<<15 - 1

// Registers of a translated program. The others are free between two classic
// instructions, so that the kernel, which follows every way through the
// program, finds that those which meet there are alike.
const (
	regFrame = asm.R6
	regA     = asm.R7
	regX     = asm.R8
)

// Places on the stack.
const (
	levelOffset = -4
	cellsOffset = levelOffset - 4*16 // of M[0]; it has 16
)

// Offsets in struct frame.
const (
	frameLength = int16(unsafe.Offsetof(bpfFrame{}.Length))
	frameCopied = int16(unsafe.Offsetof(bpfFrame{}.Copied))
	frameData   = int16(unsafe.Offsetof(bpfFrame{}.Data))
)

// Labels of the common ends.
const (
	labelShort  = "filter_short"  // R1 is the end of a field that is not in data
	labelEnded  = "filter_ended"  // R0 is what frame_load gave instead of a field
	labelReject = "filter_reject" // what divides by zero
	labelLost   = "filter_lost"   // there is no frame
)

// A translator makes a function of eBPF out of a classic program: it gets a
// level, finds the frame there, and returns a verdict.
type translator struct {
	code  []classic.RawInstruction
	limit uint32 // bytes of a frame that are in data, if it has so many
	// compact loads all indexed fields by a function, which is slower.
	compact bool

	out    asm.Instructions
	label  string          // of the next instruction to come
	next   string          // of the one that the next classic instruction begins with
	wanted map[string]bool // labels of ends that are used
	spare  int             // number of the next label of our own
}

// translate refuses what the kernel would refuse in a socket filter, but for
// divisions by zero and shifts by more than 31 bits: these reject, and give 0.
//
// Offsets are added up in 64 bits, and nothing is found at negative ones: what
// the kernel has there for sockets is not in a frame.
func translate(code []classic.RawInstruction, limit uint32) (asm.Instructions, error) {
	if len(code) == 0 || len(code) > maxClassic {
		return nil, fmt.Errorf("%d instructions, 1 to %d are possible", len(code), maxClassic)
	}
	for _, compact := range []bool{false, true} {
		out, err := translateAs(code, limit, compact)
		if err != nil || out.Size()/asm.InstructionSize <= maxJump {
			return out, err
		}
	}
	return nil, errors.New("it is too long for eBPF: use fewer tests")
}

func translateAs(code []classic.RawInstruction, limit uint32, compact bool) (asm.Instructions, error) {
	reached, err := reachable(code)
	if err != nil {
		return nil, err
	}
	t := &translator{code: code, limit: limit, compact: compact, wanted: make(map[string]bool)}
	t.begin(reached)
	for i := range t.code {
		if !reached[i] {
			continue // the kernel refuses code that cannot be reached
		}
		t.label, t.next = place(i), place(i+1)
		if err := t.instruction(i); err != nil {
			return nil, fmt.Errorf("instruction %d: %w", i, err)
		}
	}
	t.ends()
	return t.out, nil
}

// place is the label of a classic instruction.
func place(i int) string { return fmt.Sprintf("filter_%d", i) }

// own is a new label.
func (t *translator) own() string {
	t.spare++
	return fmt.Sprintf("filter_own_%d", t.spare)
}

// end is the label of a common end, which is then made.
func (t *translator) end(label string) string {
	t.wanted[label] = true
	return label
}

func (t *translator) emit(list ...asm.Instruction) {
	for _, i := range list {
		if t.label != "" {
			i, t.label = i.WithSymbol(t.label), ""
		}
		t.out = append(t.out, i)
	}
}

// begin finds the frame. All is zero at first.
func (t *translator) begin(reached []bool) {
	t.emit(
		asm.StoreMem(asm.RFP, levelOffset, asm.R1, asm.Word),
		asm.LoadMapPtr(asm.R1, 0).WithReference("frames"),
		asm.Mov.Reg(asm.R2, asm.RFP),
		asm.Add.Imm(asm.R2, levelOffset),
		asm.FnMapLookupElem.Call(),
		asm.JEq.Imm(asm.R0, 0, t.end(labelLost)),
		asm.Mov.Reg(regFrame, asm.R0),
		asm.Mov.Imm(regA, 0),
		asm.Mov.Imm(regX, 0),
	)
	var cleared [16]bool
	for i, c := range t.code {
		if op := c.Op &^ 1; reached[i] && op == opLoadMemory && c.K < 16 && !cleared[c.K] {
			cleared[c.K] = true
			t.emit(asm.StoreImm(asm.RFP, cell(c.K), 0, asm.Word))
		}
	}
}

func cell(k uint32) int16 { return cellsOffset + 4*int16(k) }

func (t *translator) ends() {
	if t.wanted[labelShort] {
		// beyond the frame, or in it where it cannot be read
		t.label = labelShort
		t.emit(
			asm.LoadMem(asm.R2, regFrame, frameLength, asm.Word),
			asm.Mov.Imm(asm.R0, frameRejected),
			asm.JGT.Reg(asm.R1, asm.R2, t.end(labelReject)),
			asm.Mov.Imm(asm.R0, frameUndecided),
			asm.Return(),
		)
	}
	if t.wanted[labelReject] {
		t.label = labelReject
		t.emit(asm.Mov.Imm(asm.R0, frameRejected), asm.Return())
	}
	if t.wanted[labelEnded] {
		t.label = labelEnded
		t.emit(asm.Mov.Reg32(asm.R0, asm.R0), asm.Return())
	}
	t.label = labelLost
	t.emit(asm.Mov.Imm(asm.R0, frameUndecided), asm.Return())
}
