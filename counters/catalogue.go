package counters

import (
	"slices"
	"strings"
)

//go:generate go test -run TestCatalogueIsGenerated -update .

// A Meta says what a counter means.
type Meta struct {
	// Help is one plain sentence.
	Help string
	// Unit is what the number counts: "packets", "bytes", "times", "ms", ...; it
	// is "setting" for a choice.
	Unit string
	// Source is the file or the interface of the kernel that shows it.
	Source string
	// Since is the first release of Linux that has it ("5.11"); empty when that
	// is not known or before 5.10.
	Since string
	// Per is what there is one such counter for: "host", "namespace", "cpu",
	// "interface", "qdisc", "socket", "rule", "protocol" or "queue".
	Per string
	// Loss says that a rise means packets lost or refused by this host. Counters
	// that only hint at a loss elsewhere, such as Tcp.RetransSegs, are without.
	// The same packet may raise several counters.
	Loss bool
}

// An entry is a line of the catalogue.
type entry struct {
	name string
	Meta
}

// Lookup tells what a counter means. Many counters are not in the catalogue:
// those that say nothing about loss, those that a driver calls as it likes, and
// those of kernels newer than this program.
func Lookup(name string) (Meta, bool) {
	at, ok := slices.BinarySearchFunc(catalogue[:], name, func(e entry, name string) int {
		return strings.Compare(e.name, name)
	})
	if !ok {
		return Meta{}, false
	}
	return catalogue[at].Meta, true
}
