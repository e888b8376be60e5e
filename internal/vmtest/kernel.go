package vmtest

import (
	"fmt"
	"slices"
	"strings"

	"dropwatch/internal/vmtest/netdevsim"
)

// A Kernel is one of the matrix. Which exact version it is depends on what its
// suite carries today.
type Kernel struct {
	Name  string // what users call it
	Suite string // of the distribution
}

// Kernels returns the matrix, oldest first.
func Kernels() []Kernel {
	return []Kernel{
		{"5.10", "bullseye"},
		{"6.1", "bookworm"},
		{"6.12", "trixie"},
		{"newest", "sid"},
	}
}

// simulates tells whether the kernel gets module netdevsim.
func (k Kernel) simulates() bool { return slices.Contains(netdevsim.Kernels(), k.Name) }

// Find looks a kernel up by its name.
func Find(name string) (Kernel, error) {
	var names []string
	for _, k := range Kernels() {
		if k.Name == name {
			return k, nil
		}
		names = append(names, k.Name)
	}
	return Kernel{}, fmt.Errorf("find kernel %q: there are %s", name, strings.Join(names, ", "))
}
