package bpf

import (
	"errors"
	"fmt"
	"slices"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
	classic "golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// What headers/frame.h says of frames.
const (
	frameBytes  = 256 // FRAME_BYTES
	frameLevels = 4   // a drop in a task, and in three kinds of interrupts on top
	leastFrame  = 32  // longer than a header that is made up

	filterFunction = "packet_filter"
	loadFunction   = "frame_load"
)

// Verdicts of a packet filter.
const (
	frameRejected = iota
	frameAccepted
	frameUndecided
)

// CheckFilter tells whether a program can be a Config.PacketFilter. It may still
// be too long for the kernel at hand.
func CheckFilter(code []classic.RawInstruction) error {
	if _, err := translate(code, frameLimit(code)); err != nil {
		return fmt.Errorf("packet filter: %w", err)
	}
	return nil
}

// putFilter replaces a function of the drop program by the packet filter.
func putFilter(spec *ebpf.CollectionSpec, program string, code []classic.RawInstruction, settings *bpfDropSettings) error {
	if len(code) == 0 {
		return nil
	}
	limit := frameLimit(code)
	translated, err := translate(code, limit)
	if err != nil {
		return fmt.Errorf("packet filter: %w", err)
	}
	settings.Modes |= modeFrames
	settings.FrameCopy = limit
	spec.Maps["frames"].MaxEntries = frameLevels
	p := spec.Programs[program]
	p.Instructions, err = replace(p.Instructions, filterFunction, translated)
	return err
}

// replace puts a body in the place of a function and keeps what the kernel
// wants to know of its first instruction: name, type and a line of source. The
// kernel takes no function that nobody calls, so frame_load goes if the body
// does not need it.
func replace(program asm.Instructions, name string, body asm.Instructions) (asm.Instructions, error) {
	start, end, err := function(program, name)
	if err != nil {
		return nil, err
	}
	first := &program[start]
	body[0] = btf.WithFuncMetadata(body[0].WithSymbol(name).WithSource(first.Source()), btf.FuncMetadata(first))
	program = slices.Concat(program[:start], body, program[end:])
	if slices.ContainsFunc(body, func(i asm.Instruction) bool { return i.Reference() == loadFunction }) {
		return program, nil
	}
	start, end, err = function(program, loadFunction)
	if err != nil {
		return nil, err
	}
	return slices.Delete(program, start, end), nil
}

// function finds the first instruction of a function and the end.
func function(program asm.Instructions, name string) (start, end int, err error) {
	start = slices.IndexFunc(program, func(i asm.Instruction) bool { return i.Symbol() == name })
	if start < 0 {
		return 0, 0, fmt.Errorf("the drop program has no function %s", name)
	}
	end = start + 1
	for end < len(program) && btf.FuncMetadata(&program[end]) == nil {
		end++
	}
	return start, end, nil
}

// tooComplex names the cure if the kernel refuses to check so long a filter.
func tooComplex(err error) error {
	var verifier *ebpf.VerifierError
	if errors.As(err, &verifier) && (errors.Is(err, unix.E2BIG) || errors.Is(err, unix.EFAULT)) {
		return errors.New("packet filter: too long for this kernel to check: use fewer tests, such as a net instead of many hosts, or portrange instead of many ports")
	}
	return err
}
