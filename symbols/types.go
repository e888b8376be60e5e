package symbols

import (
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/cilium/ebpf/btf"
)

const btfDir = "/sys/kernel/btf"

// A typeSource gives the type information of a kernel and its modules.
type typeSource interface {
	vmlinux() (*btf.Spec, error)
	modules() []string
	module(name string) (*btf.Spec, error)
}

// kernelTypes reads the type information of the running kernel. It is thrown
// away after a search, and with it the kernel's types, which are large.
type kernelTypes struct {
	base *btf.Spec
}

func (k *kernelTypes) vmlinux() (*btf.Spec, error) {
	if k.base != nil {
		return k.base, nil
	}
	spec, err := btf.LoadKernelSpec()
	if err == nil {
		k.base = spec
	}
	return spec, err
}

// modules lists what is loaded now; nothing if that cannot be read.
func (k *kernelTypes) modules() []string {
	entries, err := os.ReadDir(btfDir)
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		if e.Name() != "vmlinux" {
			names = append(names, e.Name())
		}
	}
	return names
}

// module reads one module without a cache: a search can pass by hundreds.
func (k *kernelTypes) module(name string) (*btf.Spec, error) {
	base, err := k.vmlinux()
	if err != nil {
		return nil, err
	}
	return btf.LoadSplitSpec(filepath.Join(btfDir, name), base)
}

// givenTypes is type information that the caller has read.
type givenTypes struct {
	kernel *btf.Spec
	byName map[string]*btf.Spec
}

func (g givenTypes) vmlinux() (*btf.Spec, error) { return g.kernel, nil }

func (g givenTypes) modules() []string { return slices.Sorted(maps.Keys(g.byName)) }

func (g givenTypes) module(name string) (*btf.Spec, error) {
	spec, ok := g.byName[name]
	if !ok {
		return nil, os.ErrNotExist
	}
	return spec, nil
}
