package bpf

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCheck(t *testing.T) {
	numbers, names := make([]uint32, FilterMax+1), make([]string, FilterMax+1)
	for name, test := range map[string]struct {
		config Config
		want   string
	}{
		"nothing":         {Config{}, ""},
		"full lists":      {Config{NetNS: numbers[1:], Interfaces: names[1:], Reasons: numbers[1:]}, ""},
		"namespaces":      {Config{NetNS: numbers}, "9 namespaces"},
		"interfaces":      {Config{Interfaces: names}, "9 interfaces"},
		"reasons":         {Config{Reasons: numbers}, "9 reasons"},
		"largest snap":    {Config{Snap: MaxSnap}, ""},
		"too large snap":  {Config{Snap: MaxSnap + 1}, "the largest is 65535"},
		"far larger snap": {Config{Snap: 0xffffffff}, "the largest is 65535"},
	} {
		err := test.config.check()
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
}

func TestSettings(t *testing.T) {
	c := Config{
		Detail: DetailFlow | DetailLength, SampleInterval: 9 * time.Millisecond, Packets: true, Snap: 64, RateLimit: 5,
		NetNS: []uint32{1, 2}, Reasons: []uint32{3}, Interfaces: []string{"lo", "abcdefghijklmno"},
	}
	got, err := c.settings(clock{tick: 4 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	want := bpfDropSettings{
		Modes: modePackets | modeDetail | modeFilter, Detail: 5, SampleInterval: 3, Snap: 64, RateLimit: 5, NoReason: NoReason,
		NetnsCount: 2, Netns: [8]uint32{1, 2}, InterfaceCount: 2, ReasonCount: 1, Reason: [8]uint32{3},
	}
	want.Interface[0] = words([16]byte{'l', 'o'})
	want.Interface[1] = words([16]byte([]byte("abcdefghijklmno\x00")))
	if got != want {
		t.Errorf("(-want +got)\n%s", cmp.Diff(fmt.Sprintf("%+v", want), fmt.Sprintf("%+v", got)))
	}
	for _, name := range []string{"", "abcdefghijklmnop"} {
		c := Config{Interfaces: []string{name}}
		if _, err := c.settings(clock{tick: 1}); err == nil {
			t.Errorf("interface %q is possible", name)
		}
	}
	zero, err := (&Config{}).settings(clock{tick: 1})
	if err != nil || zero.Snap != 128 || zero.Modes != 0 || zero.SampleInterval != 0 {
		t.Errorf("zero value: %+v, %v", zero, err)
	}
}

func TestEventBytes(t *testing.T) {
	for name, test := range map[string]struct {
		config Config
		want   uint32
	}{
		"samples":         {Config{Snap: MaxSnap, Queue: 1 << 20}, 1 << 18},
		"default":         {Config{Packets: true}, 1 << 24},
		"one":             {Config{Packets: true, Queue: 1}, 1 << 18},
		"small snap":      {Config{Packets: true, Snap: 1, Queue: 10000}, 1 << 22},
		"large snap":      {Config{Packets: true, Snap: MaxSnap, Queue: 1000}, 1 << 26},
		"more than there": {Config{Packets: true, Snap: MaxSnap, Queue: 0xffffffff}, 1 << 28},
	} {
		got := test.config.eventBytes()
		if got != test.want {
			t.Errorf("%s: %d bytes, want %d", name, got, test.want)
		}
		if got&(got-1) != 0 || got%4096 != 0 {
			t.Errorf("%s: %d is no power of two of whole pages", name, got)
		}
	}
}

func TestVariants(t *testing.T) {
	for known, want := range map[int][]string{
		0: {"raw_tp/kfree_skb with 4 arguments", "raw_tp/kfree_skb with 3 arguments", "raw_tp/kfree_skb with 2 arguments"},
		2: {"tp_btf/kfree_skb with 2 arguments", "raw_tp/kfree_skb with 2 arguments"},
		3: {"tp_btf/kfree_skb with 3 arguments", "raw_tp/kfree_skb with 3 arguments"},
		4: {"tp_btf/kfree_skb with 4 arguments", "raw_tp/kfree_skb with 4 arguments"},
	} {
		var got []string
		for _, v := range variants(known) {
			got = append(got, v.name())
			load := loadBpf
			if v.raw {
				load = loadRaw
			}
			spec, err := load()
			if err != nil {
				t.Fatal(err)
			}
			if spec.Programs[v.program()] == nil {
				t.Errorf("no program %s for %s", v.program(), v.name())
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d arguments: got %q, want %q", known, got, want)
		}
	}
}

func TestEffective(t *testing.T) {
	for name, test := range map[string]struct {
		status string
		want   uint64
		ok     bool
	}{
		"root":      {"Name:\tx\nCapInh:\t0000000000000000\nCapEff:\t000001ffffffffff\nCapBnd:\t0\n", 0x1ffffffffff, true},
		"nobody":    {"CapEff:\t0000000000000000\n", 0, true},
		"last line": {"CapPrm:\t1\nCapEff:\t00000000000000c0", 0xc0, true},
		"a name":    {"Name:\tCapEff:\nCapEff:\t1\n", 1, true},
		"no line":   {"Name:\tx\n", 0, false},
		"no number": {"CapEff:\tall\n", 0, false},
		"empty":     {"CapEff:\n", 0, false},
		"too long":  {"CapEff:\t10000000000000000\n", 0, false},
		"nothing":   {"", 0, false},
	} {
		got, err := effective([]byte(test.status))
		if got != test.want || (err == nil) != test.ok {
			t.Errorf("%s: got %#x, %v, want %#x", name, got, err, test.want)
		}
	}
}

func FuzzEffective(f *testing.F) {
	f.Add([]byte("CapEff:\t000001ffffffffff\n"), uint64(7))
	f.Add([]byte("CapEff:"), uint64(0))
	f.Fuzz(func(t *testing.T, status []byte, set uint64) {
		if got, err := effective(status); err != nil && got != 0 {
			t.Fatalf("%#x and %v", got, err)
		}
		// what the kernel writes is read back, whatever comes after it
		got, err := effective(append(fmt.Appendf(nil, "CapEff:\t%016x\n", set), status...))
		if err != nil || got != set {
			t.Fatalf("got %#x, %v, want %#x", got, err, set)
		}
	})
}

func TestOpenRefusesWhatCannotBe(t *testing.T) {
	d, err := Open(Config{NetNS: make([]uint32, FilterMax+1)})
	if err == nil || d != nil || errors.Is(err, ErrNotSupported) {
		t.Errorf("got %v, %v", d, err)
	}
}
