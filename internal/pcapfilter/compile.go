package pcapfilter

import (
	"fmt"
	"strings"

	"golang.org/x/net/bpf"
)

// Link is what the frames of a program begin with.
type Link int

const (
	Ethernet Link = iota // an Ethernet header, with VLAN tags if there are any
	Raw                  // an IPv4 or IPv6 header
)

// wholeFrame is what a program returns to accept a frame: more bytes than any
// has.
const wholeFrame = 262144

// maxInstructions is what the kernel lets a filter have.
const maxInstructions = 4096

// A Program is a compiled filter. It is never changed, so that several
// goroutines may use it.
type Program struct {
	code []bpf.RawInstruction
}

// Compile translates an expression of pcap-filter(7) for frames of a link. An
// empty expression accepts every frame. An error is a [*SyntaxError].
//
// The time and memory it takes are bounded: an expression has at most 65,536
// bytes, and a program at most 4,096 instructions.
func Compile(expression string, link Link) (*Program, error) {
	tree, syntax := parse(expression)
	if syntax != nil {
		return nil, syntax
	}
	if tree == nil {
		return &Program{[]bpf.RawInstruction{{Op: opcodeReturn, K: wholeFrame}}}, nil
	}
	l := newLowerer(link)
	whole := tree.lower(l)
	if l.err != nil {
		return nil, l.err
	}
	g := newGraph()
	root := g.build(whole, g.accept, g.reject)
	if g.full {
		return nil, wrongAt(0, "%s", tooLong)
	}
	if root = g.simplify(root); root == g.reject {
		return nil, wrongAt(0, "the expression matches nothing: its parts exclude each other, or cannot be on this kind of link")
	}
	code, reason := assemble(g, root)
	if reason != "" {
		return nil, wrongAt(0, "%s", reason)
	}
	return &Program{code}, nil
}

// Instructions returns a copy of the program. It returns 262144 for a frame that
// matches and 0 for one that does not, and is fit for SO_ATTACH_FILTER.
func (p *Program) Instructions() []bpf.RawInstruction {
	return append([]bpf.RawInstruction(nil), p.code...)
}

// String lists the program, one numbered instruction a line.
func (p *Program) String() string {
	var b strings.Builder
	for i, raw := range p.code {
		fmt.Fprintf(&b, "%4d %v\n", i, raw.Disassemble())
	}
	return b.String()
}
