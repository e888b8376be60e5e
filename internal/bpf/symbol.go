package bpf

import (
	"bytes"
	"errors"
	"fmt"
	"unsafe"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// A SymbolNamer asks the kernel to print addresses. It is safe for concurrent
// use.
type SymbolNamer struct {
	program *ebpf.Program
}

// OpenSymbolNamer loads the program that asks. Requires at least Linux 5.14
// and the capabilities of Open.
func OpenSymbolNamer() (*SymbolNamer, error) {
	if err := permitted(); err != nil {
		return nil, err
	}
	var objects symbolObjects
	err := loadSymbolObjects(&objects, nil)
	if errors.Is(err, unix.EINVAL) {
		// the program type or its helper is unknown
		return nil, fmt.Errorf("load the eBPF symbol program: %w: Linux 5.14 is needed (%v)", ErrNotSupported, err)
	}
	if err != nil {
		return nil, refused("load the eBPF symbol program", err)
	}
	return &SymbolNamer{objects.Symbol}, nil
}

// Name returns the address as the kernel's %pS prints it: symbol+offset/size
// and the module if there is one, or the bare address.
func (s *SymbolNamer) Name(address uint64) (string, error) {
	request := symbolSymbolRequest{Address: address}
	in := unsafe.Slice((*byte)(unsafe.Pointer(&request)), unsafe.Sizeof(request))
	out := make([]byte, len(in))
	if _, err := s.program.Run(&ebpf.RunOptions{Context: in, ContextOut: out}); err != nil {
		return "", fmt.Errorf("ask the kernel for a symbol: %w", err)
	}
	text, _, _ := bytes.Cut(out[unsafe.Offsetof(request.Text):], []byte{0})
	return string(text), nil
}

// Close frees the program.
func (s *SymbolNamer) Close() error { return s.program.Close() }
