package pcapfilter

import (
	"testing"

	"golang.org/x/net/bpf"
)

// TestMachinesAgree: our machine says what that of golang.org/x/net says, about
// our programs and about tcpdump's.
func TestMachinesAgree(t *testing.T) {
	for _, l := range links {
		all, compared := frames(l.link), 0
		for _, a := range readAnswers(t, l.name) {
			programs := [][]bpf.RawInstruction{}
			if p, err := Compile(a.expression, l.link); err == nil {
				programs = append(programs, p.Instructions())
			}
			if len(a.code) > 0 && !onlyOurs(a.code) {
				programs = append(programs, a.code)
			}
			for _, code := range programs {
				compared++
				theirs, ours := independently(t)(code), withOurs(code)
				for _, frame := range all {
					if theirs(frame) != ours(frame) {
						t.Fatalf("%s: %q, frame %x: we say %v", l.name, a.expression, frame, ours(frame))
					}
				}
			}
		}
		if compared < 500 {
			t.Errorf("%s: only %d programs", l.name, compared)
		}
	}
}

func TestWireLength(t *testing.T) {
	frame := make([]byte, 60)
	for _, test := range []struct {
		expression string
		length     int
		want       bool
	}{
		{"greater 100", 100, true},
		{"greater 100", 99, false},
		{"less 60", 60, true},
		{"less 60", 61, false},
		{"len = 1500", 1500, true},
		{"len > 59", -1, false},
		{"", 0, true},
		{"ether[59] = 0", 1500, true},
		{"ether[60] = 0", 1500, false},
		{"not ether[60] = 0", 1500, false}, // a missing field rejects, whatever is asked of it
	} {
		p, err := Compile(test.expression, Ethernet)
		if err != nil {
			t.Fatal(err)
		}
		if p.Match(frame, test.length) != test.want {
			t.Errorf("%s with %d bytes: not %v", test.expression, test.length, test.want)
		}
	}
}

// TestPlainMeaning: where tcpdump's optimiser decides, we do as it does without.
func TestPlainMeaning(t *testing.T) {
	frame := append(make([]byte, 12), 8, 0, 0x45, 0, 0, 20, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 2, 10, 0, 0, 1, 0, 80)
	for _, test := range []struct {
		expression string
		length     int
		want       bool
	}{
		{"host 10.0.0.2 or 10.0.0.3", 30, true},
		{"host 10.0.0.3 or 10.0.0.2", 30, false}, // the destination of the first one is asked for before
		{"host 10.0.0.3 or 10.0.0.2", 34, true},
		{"ether[40] = 1 or not ether[40] = 1", 34, false},
		{"net 0.0.0.0/0", 26, true}, // the address does not matter
		{"tcp[0 - 20] = 0x45", 36, true},
		{"tcp[0 - 10] = 0", 36, true},
		{"tcp[0 - 21] = 0", 36, false},
	} {
		p, err := Compile(test.expression, Ethernet)
		if err != nil {
			t.Fatal(err)
		}
		if p.Match(frame[:test.length], len(frame)) != test.want {
			t.Errorf("%s in %d bytes: not %v\n%v", test.expression, test.length, test.want, p)
		}
	}
}

// TestInstructionsAreACopy: nobody can change a program.
func TestInstructionsAreACopy(t *testing.T) {
	p, err := Compile("tcp", Ethernet)
	if err != nil {
		t.Fatal(err)
	}
	clear(p.Instructions())
	if p.Instructions()[0].Op != opcodeLoadHalf {
		t.Error("the program has changed")
	}
}

// TestRunAnything: our machine survives programs that nobody made.
func TestRunAnything(t *testing.T) {
	m := newMaker()
	for range 20000 {
		code := make([]bpf.RawInstruction, 1+m.IntN(8))
		for i := range code {
			code[i] = bpf.RawInstruction{Op: uint16(m.IntN(256)), Jt: uint8(m.IntN(9)), Jf: uint8(m.IntN(9)), K: m.Uint32() >> m.IntN(32)}
		}
		run(code, m.bytes(m.IntN(40)), 40)
	}
}

func BenchmarkMatch(b *testing.B) {
	m := newMaker()
	var all [][]byte
	for range 256 {
		all = append(all, m.ethernet())
	}
	for _, expression := range []string{
		"ip", "tcp port 80", "host 10.0.0.1 or 10.0.0.2", "not port 22 and not port 53",
		"tcp[tcpflags] & (tcp-syn | tcp-fin) != 0 and not src net 10",
	} {
		p, err := Compile(expression, Ethernet)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(expression, func(b *testing.B) {
			i := 0
			for b.Loop() {
				p.Match(all[i%len(all)], 100)
				i++
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	for b.Loop() {
		if _, err := Compile("tcp and (port 80 or port 443) and not host 10.0.0.1", Ethernet); err != nil {
			b.Fatal(err)
		}
	}
}
