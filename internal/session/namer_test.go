package session

import (
	"errors"
	"os"
	"strings"
	"testing"

	"dropwatch/dropmon"
	"dropwatch/symbols"
)

// known names addresses from a table of the test.
func known(t *testing.T, s *Session, kallsyms string) {
	t.Helper()
	s.namer.symbols = symbols.NewResolver(symbols.Config{Kallsyms: func() (*symbols.Table, error) {
		return symbols.Parse(strings.NewReader(kallsyms))
	}})
}

const kallsyms = `ffffffff81000000 T _text
ffffffff81001000 T skb_release_data
ffffffff81002000 T __udp4_lib_rcv
ffffffff81003000 T unix_release_sock
ffffffff81004000 T _etext
ffffffffc0001000 t drop_it	[module]
`

func at(d dropmon.Drop, location uint64) dropmon.Drop {
	d.Location = location
	return d
}

// The fragments of a dropped packet are no drops of their own.
func TestFragments(t *testing.T) {
	s, f := open(t, Config{All: true})
	known(t, s, kallsyms)
	f.pending = []dropmon.Drop{at(drop("NOT_SPECIFIED", 4), 0xffffffff81001010), at(drop("NO_SOCKET", 2), 0xffffffff81002010)}
	receive(t, s, nil)
	r := summary(t, s)
	if r.Total.Packets != 2 || r.Total.Lost != 2 || r.Total.Fragments != 4 || len(r.Drops) != 1 || s.Count() != 2 {
		t.Errorf("total %+v, rows %+v", r.Total, r.Drops)
	}
	if l := r.Drops[0].Location; l == nil || l.Symbol != "__udp4_lib_rcv" || l.Offset != 0x10 || l.Address != "0xffffffff81002010" {
		t.Errorf("location %+v", l)
	}
	interval, err := s.Interval()
	if err != nil || interval.Total.Packets != 2 {
		t.Errorf("interval %+v, %v", interval.Total, err)
	}
}

func TestFilterOfFunctions(t *testing.T) {
	for expression, want := range map[string]uint64{
		`function == "__udp4_lib_rcv"`:            2,
		`module == "module"`:                      8,
		`function startsWith "d" && packets > 7`:  8,
		`function == "__udp4_lib_rcv" || pid > 0`: 2,
	} {
		s, f := open(t, Config{Filter: compile(t, expression)})
		known(t, s, kallsyms)
		f.pending = []dropmon.Drop{at(drop("A", 2), 0xffffffff81002010), at(drop("A", 8), 0xffffffffc0001004)}
		receive(t, s, nil)
		if got := summary(t, s).Total.Packets; got != want {
			t.Errorf("%s: %d packets, want %d", expression, got, want)
		}
	}
}

// Without names the address stays, and the report says why.
func TestNoSymbols(t *testing.T) {
	s, f := open(t, Config{})
	s.namer.symbols = symbols.NewResolver(symbols.Config{Kallsyms: func() (*symbols.Table, error) {
		return nil, errors.New("hidden by the test")
	}})
	f.pending = []dropmon.Drop{at(drop("NO_SOCKET", 2), 0xffffffff81002010)}
	receive(t, s, nil)
	r := summary(t, s)
	if l := r.Drops[0].Location; l == nil || l.Symbol != "" || l.Address != "0xffffffff81002010" {
		t.Errorf("location %+v", l)
	}
	said := false
	for _, c := range r.Coverage {
		said = said || c.What == "function names" && !c.Seen && strings.Contains(c.Why, "hidden by the test")
	}
	if !said {
		t.Errorf("coverage %+v", r.Coverage)
	}
}

// The kernel is asked for symbols where that is allowed, else kallsyms is read.
func TestNamerFallsBack(t *testing.T) {
	s, _ := open(t, Config{})
	if os.Geteuid() != 0 && s.namer.kernel != nil {
		t.Error("the kernel can be asked without privileges")
	}
	if s.namer.kernel == nil && s.namer.symbols.Method() == symbols.MethodKernel {
		t.Error("the kernel cannot be asked but is")
	}
}

// A code without a name is shown as a number, and is a loss.
func TestUnknownReason(t *testing.T) {
	d := drop("", 3)
	s, _ := open(t, Config{}, d)
	receive(t, s, nil)
	r := summary(t, s)
	if got := r.Drops[0]; got.Reason != "0x7fff0000" || got.Class != "loss" {
		t.Errorf("reason %q, class %s", got.Reason, got.Class)
	}
}

// A kernel that gives no reasons has none.
func TestNoReason(t *testing.T) {
	d := drop("", 3)
	d.Reason = dropmon.Reason{Code: dropmon.NoReason}
	s, _ := open(t, Config{}, d)
	receive(t, s, nil)
	if got := summary(t, s).Drops[0]; got.Reason != "" || got.Subsystem != "" || got.Class == "" {
		t.Errorf("reason %q, class %q", got.Reason, got.Class)
	}
}
