package nldump

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"golang.org/x/sys/unix"
)

// execute runs a classic BPF program as the kernel does: a load behind the end
// throws the packet away.
func execute(t *testing.T, p []unix.SockFilter, packet []byte) uint32 {
	t.Helper()
	var a, x uint32
	for pc := 0; pc < len(p); pc++ {
		in := p[pc]
		switch in.Code {
		case unix.BPF_LD | unix.BPF_W | unix.BPF_LEN:
			a = uint32(len(packet))
		case unix.BPF_MISC | unix.BPF_TAX:
			x = a
		case unix.BPF_ALU | unix.BPF_MOD | unix.BPF_K:
			a %= in.K
		case unix.BPF_LD | unix.BPF_IMM:
			a = in.K
		case unix.BPF_LD | unix.BPF_W | unix.BPF_ABS:
			if int(in.K)+4 > len(packet) {
				return 0
			}
			a = binary.BigEndian.Uint32(packet[in.K:])
		case unix.BPF_JMP | unix.BPF_JA:
			pc += int(in.K)
		case unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_X:
			value := in.K
			if in.Code&unix.BPF_X != 0 {
				value = x
			}
			if a == value {
				pc += int(in.Jt)
			} else {
				pc += int(in.Jf)
			}
		case unix.BPF_RET | unix.BPF_K:
			return in.K
		default:
			t.Fatalf("instruction %d is %#x", pc, in.Code)
		}
	}
	t.Fatal("the program has no end")
	return 0
}

// rule is for entries of 8 words with a mark in the fifth and a count in the
// last.
var rule = Quiet{Length: 32, Mark: 16, MarkValue: 0x00070028, Zero: 28}

// longer is another rule, for 10 words.
var longer = Quiet{Length: 40, Mark: 16, MarkValue: 7, Zero: 36}

func entry(mark, count uint32) []byte {
	data := binary.NativeEndian.AppendUint32(nil, mark)
	data = append(data, make([]byte, 8)...)
	return message(20, 0, 1, binary.NativeEndian.AppendUint32(data, count)...)
}

func TestQuietProgram(t *testing.T) {
	const room = 4 * 32
	still, loud, other := entry(rule.MarkValue, 0), entry(rule.MarkValue, 9), entry(1, 0)
	done := done(1, 0)
	long := message(20, 0, 1, make([]byte, 24)...)
	binary.NativeEndian.PutUint32(long[16:], longer.MarkValue)
	longLoud := append([]byte(nil), long...)
	longLoud[36] = 1
	for _, test := range []struct {
		name     string
		datagram []byte
		want     uint32
	}{
		{"one", still, messageHeader},
		{"as many as fit", join(still, still, still, still), messageHeader},
		{"one tells", join(still, still, loud), whole},
		{"first tells", join(loud, still), whole},
		{"laid out differently", join(still, other), whole},
		{"end of the dump", done, whole},
		{"end of the dump behind entries", join(still, done), whole},
		{"second rule", join(long, long), messageHeader},
		{"second rule tells", join(long, longLoud), whole},
		{"of both rules", join(still, long), whole},
		{"of both rules, as long as five of one", join(still, long, still, long, entry(rule.MarkValue, 0)[:16]), whole},
		{"more than expected", join(still, still, still, still, loud), whole},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := execute(t, newProgram(room, []Quiet{rule, longer}), test.datagram); got != test.want {
				t.Errorf("keeps %d bytes, want %d", got, test.want)
			}
		})
	}
}

// A datagram may only be cut when every message in it is quiet.
func TestQuietProgramNeverCutsMore(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	program := newProgram(8<<10, []Quiet{longer, rule})
	cut := 0
	for range 20000 {
		var datagram []byte
		quiet := true
		for range random.IntN(6) {
			length := 32
			if random.IntN(8) == 0 {
				length = 20 + 4*random.IntN(6)
			}
			m := message(20, 0, 1, make([]byte, length-messageHeader)...)
			if random.IntN(8) > 0 {
				binary.NativeEndian.PutUint32(m[16:], rule.MarkValue)
			}
			if length == 32 && random.IntN(4) == 0 {
				m[28+random.IntN(4)] = 1
			}
			quiet = quiet && length == 32 && binary.NativeEndian.Uint32(m[16:]) == rule.MarkValue && binary.NativeEndian.Uint32(m[28:]) == 0
			datagram = append(datagram, m...)
		}
		if len(datagram) == 0 {
			continue // the kernel sends none
		}
		got := execute(t, program, datagram)
		if quiet != (got == messageHeader) || !quiet && got != whole {
			t.Fatalf("keeps %d bytes of %x, quiet %v", got, datagram, quiet)
		}
		if quiet {
			cut++
		}
	}
	if cut == 0 {
		t.Error("no datagram was quiet")
	}
}

func TestQuietProgramFits(t *testing.T) {
	short := Quiet{Length: 20, Mark: 16, Zero: 16}
	for _, room := range []int{4 << 10, 8 << 10, 32 << 10} {
		for _, rules := range [][]Quiet{nil, {short}, {short, short, short}} {
			if n := len(newProgram(room, rules)); n > maxInstructions {
				t.Errorf("%d instructions for %d rules and %d bytes", n, len(rules), room)
			}
		}
	}
}

func TestSilenceRefusesBadRules(t *testing.T) {
	for _, q := range []Quiet{
		{},
		{Length: 30, Mark: 16, Zero: 20},
		{Length: 32, Mark: 12, Zero: 20},
		{Length: 32, Mark: 16, Zero: 29},
		{Length: 32, Mark: 32, Zero: 16},
	} {
		if err := (&Conn{buffer: make([]byte, 64)}).Silence(q); err == nil {
			t.Errorf("%+v is accepted", q)
		}
	}
}
