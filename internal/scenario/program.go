package scenario

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

// Verdicts of programs.
const (
	actShot    = 2 // TC_ACT_SHOT
	xdpAborted = 0
	xdpDrop    = 1
)

// verdict loads a program that always says the same.
func verdict(kind ebpf.ProgramType, value int32) (*ebpf.Program, error) {
	program, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Name:         "dw_scenario",
		Type:         kind,
		License:      "GPL",
		Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, value), asm.Return()},
	})
	if err != nil {
		return nil, fmt.Errorf("load %s program: %w", kind, err)
	}
	return program, nil
}

// attachTCX puts a program on an interface of the calling thread's namespace.
func attachTCX(index uint32, program *ebpf.Program, egress bool) (link.Link, error) {
	where := ebpf.AttachTCXIngress
	if egress {
		where = ebpf.AttachTCXEgress
	}
	l, err := link.AttachTCX(link.TCXOptions{Interface: int(index), Program: program, Attach: where})
	if err != nil {
		return nil, fmt.Errorf("attach tcx program: %w", err)
	}
	return l, nil
}

func attachXDP(index uint32, program *ebpf.Program, flags link.XDPAttachFlags) (link.Link, error) {
	l, err := link.AttachXDP(link.XDPOptions{Interface: int(index), Program: program, Flags: flags})
	if err != nil {
		return nil, fmt.Errorf("attach xdp program: %w", err)
	}
	return l, nil
}

// attach loads a program and has it attached to an interface of a node until
// the lab closes.
func (l *Lab) attach(n Node, dev string, kind ebpf.ProgramType, value int32, to func(uint32, *ebpf.Program) (link.Link, error)) error {
	program, err := verdict(kind, value)
	if err != nil {
		return err
	}
	l.onClose(program.Close)
	return l.Do(n, func() error {
		attached, err := to(indexOf(dev), program)
		if attached != nil {
			l.onClose(attached.Close)
		}
		return err
	})
}

func probeTCX() error {
	program, err := verdict(ebpf.SchedCLS, actShot)
	if err != nil {
		return err
	}
	attached, err := attachTCX(indexOf(loopback), program, false)
	if err != nil {
		return errors.Join(err, program.Close())
	}
	return errors.Join(attached.Close(), program.Close())
}

func probeXDP() error {
	program, err := verdict(ebpf.XDP, xdpDrop)
	if err != nil {
		return err
	}
	attached, err := attachXDP(indexOf(loopback), program, link.XDPGenericMode)
	if err != nil {
		return errors.Join(err, program.Close())
	}
	return errors.Join(attached.Close(), program.Close())
}

// refuse returns a classic program that takes no byte of any packet.
func refuse() *unix.SockFprog {
	return &unix.SockFprog{Len: 1, Filter: &unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K}}
}
