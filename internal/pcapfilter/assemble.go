package pcapfilter

import (
	"fmt"

	"golang.org/x/net/bpf"
)

// A laid block is one with its place in the program.
type laid struct {
	block *block
	code  []bpf.RawInstruction // the last one is the jump, or the return
	start int
	// The ways out that are too far for a conditional jump go through a jump of
	// their own behind it.
	farYes, farNo bool
}

func (l *laid) length() int {
	n := len(l.code)
	if l.farYes {
		n++
	}
	if l.farNo {
		n++
	}
	return n
}

// assemble makes the instructions, or tells why it cannot.
func assemble(g *graph, root *block) ([]bpf.RawInstruction, string) {
	order := layOut(root)
	program := make([]*laid, 0, len(order))
	places := make(map[*block]*laid, len(order))
	root.entered = true
	total := 0
	for _, b := range order {
		l, overflow := translate(b, b == g.accept)
		if overflow {
			return nil, "a comparison is nested too deeply; use several"
		}
		if total += len(l.code); total > maxInstructions {
			return nil, tooLong
		}
		program = append(program, l)
		places[b] = l
	}
	if place(program, places) > maxInstructions {
		return nil, tooLong
	}
	return link(program, places), ""
}

var tooLong = fmt.Sprintf("the expression needs more than %d instructions; use fewer tests, such as a net instead of many hosts", maxInstructions)

// layOut puts each block before those that follow it, and the ends last.
func layOut(root *block) []*block {
	var after, ends []*block
	seen := make(map[*block]bool)
	var visit func(b *block)
	visit = func(b *block) {
		if seen[b] {
			return
		}
		seen[b] = true
		if b.isEnd() {
			ends = append(ends, b)
			return
		}
		visit(b.no)
		visit(b.yes)
		after = append(after, b)
	}
	visit(root)
	order := make([]*block, 0, len(after)+len(ends))
	for i := len(after) - 1; i >= 0; i-- {
		order = append(order, after[i])
	}
	return append(order, ends...)
}

// translate makes the instructions of a block, given what the registers hold
// whichever way it is reached.
func translate(b *block, accepts bool) (*laid, bool) {
	if b.isEnd() {
		answer := bpf.RawInstruction{Op: opcodeReturn}
		if accepts {
			answer.K = wholeFrame
		}
		return &laid{block: b, code: []bpf.RawInstruction{answer}}, false
	}
	e := &emitter{accumulator: b.accumulator, index: b.index}
	jump := e.compare(b.test)
	e.code = append(e.code, jump)
	b.yes.enter(e)
	b.no.enter(e)
	return &laid{block: b, code: e.code}, e.overflow
}

// enter notes one more way to a block, and what the registers hold on it.
func (b *block) enter(e *emitter) {
	if !b.entered {
		b.entered, b.accumulator, b.index = true, e.accumulator, e.index
		return
	}
	if b.accumulator != e.accumulator {
		b.accumulator = nil
	}
	if b.index != e.index {
		b.index = nil
	}
}

// place gives each block its start, and finds the jumps that are too far; those
// move what is behind them. It returns the length of the program.
func place(program []*laid, places map[*block]*laid) int {
	for {
		total := 0
		for _, l := range program {
			l.start = total
			total += l.length()
		}
		again := false
		for _, l := range program {
			if l.block.isEnd() {
				continue
			}
			jump := l.start + len(l.code) // where a conditional jump counts from
			if !l.farYes && places[l.block.yes].start-jump > farthestByteOffset {
				l.farYes, again = true, true
			}
			if !l.farNo && places[l.block.no].start-jump > farthestByteOffset {
				l.farNo, again = true, true
			}
		}
		if !again {
			return total
		}
	}
}

// link fills in the jumps.
func link(program []*laid, places map[*block]*laid) []bpf.RawInstruction {
	var code []bpf.RawInstruction
	for _, l := range program {
		code = append(code, l.code...)
		if l.block.isEnd() {
			continue
		}
		jump := len(code) - 1
		yes, no := places[l.block.yes].start, places[l.block.no].start
		if l.farYes {
			code = append(code, bpf.RawInstruction{Op: opcodeJump, K: uint32(yes - len(code) - 1)})
			yes = len(code) - 1
		}
		if l.farNo {
			code = append(code, bpf.RawInstruction{Op: opcodeJump, K: uint32(no - len(code) - 1)})
			no = len(code) - 1
		}
		code[jump].Jt, code[jump].Jf = uint8(yes-jump-1), uint8(no-jump-1)
	}
	return code
}
