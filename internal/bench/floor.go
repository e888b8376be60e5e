package main

import (
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
)

// empty is a program that does nothing at skb:kfree_skb: less cannot be had.
type empty struct {
	program *ebpf.Program
	link    link.Link
}

func openEmpty() (*empty, error) {
	program, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Name: "empty", Type: ebpf.Tracing, AttachType: ebpf.AttachTraceRawTp, AttachTo: "kfree_skb",
		License: "Dual MIT/GPL", Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()},
	})
	if err != nil {
		return nil, fmt.Errorf("load empty program: %w", err)
	}
	attached, err := link.AttachTracing(link.TracingOptions{Program: program})
	if err != nil {
		program.Close()
		return nil, fmt.Errorf("attach empty program: %w", err)
	}
	return &empty{program, attached}, nil
}

func (e *empty) close() error {
	defer e.program.Close()
	return e.link.Close()
}
