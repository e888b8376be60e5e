package pcapfilter

import (
	"errors"
	"testing"
	"time"
)

// FuzzCompile: whatever the expression, there is a program that every machine
// takes, or an error within the expression, and soon.
func FuzzCompile(f *testing.F) {
	for _, expression := range expressions(f) {
		f.Add(expression, false)
	}
	for seed := range uint64(50) {
		f.Add(newWriter(seed).expression(2), true)
	}
	m := newMaker()
	some := [][]byte{{}, m.ethernet(), m.ip(), m.bytes(20)}
	f.Fuzz(func(t *testing.T, expression string, raw bool) {
		link := Ethernet
		if raw {
			link = Raw
		}
		start := time.Now()
		p, err := Compile(expression, link)
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("took %v", took)
		}
		if err != nil {
			wrong, ok := errors.AsType[*SyntaxError](err)
			if !ok || p != nil {
				t.Fatalf("%v, %v", p, err)
			}
			if wrong.Column < 1 || wrong.Column > len(expression)+1 {
				t.Errorf("column %d of %d: %v", wrong.Column, len(expression), err)
			}
			return
		}
		code := p.Instructions()
		if len(code) == 0 || len(code) > maxInstructions {
			t.Fatalf("%d instructions", len(code))
		}
		vm := newVM(t, code)
		for _, frame := range some {
			n, err := vm.Run(frame)
			if err != nil {
				t.Fatal(err)
			}
			if p.Match(frame, len(frame)) != (n == wholeFrame) {
				t.Errorf("frame %x: %d, but matches %v", frame, n, n == 0)
			}
		}
	})
}

// FuzzAgainstOracle compares made-up expressions with what tcpdump makes of them.
func FuzzAgainstOracle(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed, uint8(seed%2))
	}
	var all [2][][]byte
	for i, l := range links {
		for n, frame := range frames(l.link) {
			if n%8 == 0 { // running tcpdump takes long enough
				all[i] = append(all[i], frame)
			}
		}
	}
	f.Fuzz(func(t *testing.T, seed uint64, which uint8) {
		i := int(which) % len(links)
		d := findTcpdump(t, links[i].number)
		c := d.compareLazily(t, newWriter(seed).expression(2), links[i].link, all[i])
		if c.wrong() {
			t.Errorf("%s: %q: %s", outcomeNames[c.outcome], c.expression, c.detail)
		}
	})
}
