package alert

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dropwatch/internal/values"
)

func TestParseCondition(t *testing.T) {
	for text, want := range map[string]Condition{
		"memory.used > 0.9":                      {"memory.used", "", Above, 0.9, values.Ratio},
		"memory.used>=90%":                       {"memory.used", "", AtLeast, 0.9, values.Ratio},
		"  up<1 ":                                {"up", "", Below, 1, values.None},
		"filesystem.available[/var] <= 5Gi":      {"filesystem.available", "/var", AtMost, 5 << 30, values.Bytes},
		"filesystem.available < 5 GB":            {"filesystem.available", "", Below, 5e9, values.Bytes},
		"drops.rate[NO_SOCKET] > 1.5k":           {"drops.rate", "NO_SOCKET", Above, 1500, values.PerSecond},
		"drops.lost_rate > 100/s":                {"drops.lost_rate", "", Above, 100, values.PerSecond},
		"interface.rx_bytes[eth0] > 100 MB/s":    {"interface.rx_bytes", "eth0", Above, 1e8, values.BytesPerSecond},
		"interface.rx_bytes > 1M/s":              {"interface.rx_bytes", "", Above, 1e6, values.BytesPerSecond},
		"clock.offset < -100ms":                  {"clock.offset", "", Below, -0.1, values.Seconds},
		"silent > 5m":                            {"silent", "", Above, 300, values.Seconds},
		"counter[TcpExt.ListenDrops] > -0":       {"counter", "TcpExt.ListenDrops", Above, 0, values.Packets},
		"filesystem.used[/mnt/a > b for c] > 1%": {"filesystem.used", "/mnt/a > b for c", Above, 0.01, values.Ratio},
	} {
		c, err := ParseCondition(text)
		if diff := cmp.Diff(want, c); err != nil || diff != "" {
			t.Errorf("%q: %v %s", text, err, diff)
		}
		again, err := ParseCondition(c.String())
		if err != nil || again != c {
			t.Errorf("%q: written as %q, which reads as %+v, %v", text, c, again, err)
		}
	}
}

func TestParseConditionRefuses(t *testing.T) {
	const form = ": want VALUE OP NUMBER, such as memory.used > 90%, where OP is one of > >= < <="
	for text, want := range map[string]string{
		"":                                   `condition ""` + form,
		"memory.used":                        `condition "memory.used"` + form,
		"memory.used == 1":                   `condition "memory.used == 1"` + form,
		"filesystem.used[/a":                 `condition "filesystem.used[/a"` + form,
		"memory.used >":                      `number "": want digits, and a unit if you like`,
		"filesystem.used[a] > b] > 1%":       `number "b] > 1%": want digits, and a unit if you like`, // brackets end where a comparison follows
		"memory.used > lots":                 `number "lots": want digits, and a unit if you like`,
		"memory.used > 0x10":                 `unit "x10": use none or one of %`,
		"memory.used > 1e3":                  `unit "e3": use none or one of %`,
		"memory.used > NaN":                  `number "NaN": want digits, and a unit if you like`,
		"memory.used > 1..2":                 `number "1..2": want digits, and a unit if you like`,
		"memory.used > 5k":                   `unit "k": use none or one of %`,
		"load1 > 5%":                         `unit "%": use none or one of k, M, G, T`,
		"silent > 1M":                        `unit "M": use none or one of us, ms, s, m, h, d`,
		"memory.total > 1e":                  `unit "e": use none or one of k, M, G, T, Ki, Mi, Gi, Ti`,
		"load1 > 9999999999999999999":        "number: too large or too small",
		"load1 > 0.0000000000001":            "number: too large or too small",
		"load1 > " + strings.Repeat("1", 50): "number: has more than 40 digits",
		"memory.usde > 1":                    `value "memory.usde": not known; dropwatch cluster values lists them`,
		"load1[x] > 1":                       `value "load1[x]": there is one of each host, so without brackets`,
		"drops.rate[" + strings.Repeat("x", 300) + "] > 1": "value: has more than 256 bytes",
		strings.Repeat("x", 600):                           "condition: has more than 512 bytes",
	} {
		if c, err := ParseCondition(text); err == nil || err.Error() != want {
			t.Errorf("%q: %+v, %v, want %s", text, c, err, want)
		}
	}
}

func FuzzParseCondition(f *testing.F) {
	for _, text := range []string{
		"memory.used > 0.9", "filesystem.available[/var] <= 5 GiB", "clock.offset < -100ms", "filesystem.used[a] b] > 1%",
		"up<1", "drops.rate[x>1] > 2k/s", "load1 > .5", "load1 > 1-2", "[] > 1",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseCondition(text)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("%q: error of several lines: %v", text, err)
			}
			return
		}
		again, err := ParseCondition(c.String())
		if err != nil || again != c {
			t.Errorf("%q: %+v is written as %q, which reads as %+v, %v", text, c, c, again, err)
		}
		if !known(c.Number) || c.Holds(c.Number) == (c.Op == Above || c.Op == Below) {
			t.Errorf("%q: number %v is compared wrongly", text, c.Number)
		}
	})
}

func TestApart(t *testing.T) {
	for _, test := range []struct {
		when  Op
		until Op
		n     float64 // of until, when being 5
		want  bool
	}{
		{Above, Below, 4, true}, {Above, Below, 5, true}, {Above, AtMost, 5, true}, {Above, AtMost, 6, false}, {Above, Below, 6, false},
		{AtLeast, Below, 5, true}, {AtLeast, AtMost, 5, false}, {AtLeast, AtMost, 4, true},
		{Below, Above, 6, true}, {Below, AtLeast, 5, true}, {Below, Above, 4, false},
		{AtMost, Above, 5, true}, {AtMost, AtLeast, 5, false}, {AtMost, AtLeast, 6, true},
		{Above, AtLeast, 4, false}, {Below, AtMost, 9, false},
	} {
		when, until := Condition{Op: test.when, Number: 5}, Condition{Op: test.until, Number: test.n}
		if got := when.apart(until); got != test.want {
			t.Errorf("%s 5 and %s %v: %v", test.when, test.until, test.n, got)
		}
		// the numbers themselves decide
		for n := 3.0; n <= 7; n += 0.5 {
			if test.want && when.Holds(n) && until.Holds(n) {
				t.Errorf("%s 5 and %s %v both hold for %v", test.when, test.until, test.n, n)
			}
		}
	}
}

func TestHuman(t *testing.T) {
	for _, test := range []struct {
		n    float64
		unit values.Unit
		want string
	}{
		{0.9, values.Ratio, "90%"}, {0.9449, values.Ratio, "94.5%"}, {1, values.Ratio, "100%"}, {0, values.Ratio, "0%"}, {3.5, values.Ratio, "350%"},
		{0, values.Bytes, "0 B"}, {1023, values.Bytes, "1023 B"}, {5 << 30, values.Bytes, "5 GiB"}, {1.5e15, values.Bytes, "1.33 PiB"},
		{1e8, values.BytesPerSecond, "100 MB/s"}, {999, values.BytesPerSecond, "999 B/s"}, {-1234, values.BytesPerSecond, "-1.23 kB/s"},
		{1234.5, values.PerSecond, "1234/s"}, {0.333333, values.PerSecond, "0.333/s"},
		{123456789, values.Packets, "123456789"}, {1e300, values.Packets, "1e+300"},
		{0.42, values.None, "0.42"}, {12.345, values.None, "12.3"},
		{0, values.Seconds, "0s"}, {0.0123, values.Seconds, "12.3ms"}, {-0.0000015, values.Seconds, "-1.5us"}, {59, values.Seconds, "59s"},
		{60, values.Seconds, "1m"}, {90, values.Seconds, "1m30s"}, {3600, values.Seconds, "1h"}, {3605, values.Seconds, "1h"},
		{-3660, values.Seconds, "-1h1m"}, {90000, values.Seconds, "1d1h"},
	} {
		if got := human(test.n, test.unit, fewDigits); got != test.want {
			t.Errorf("%v %s: %q, want %q", test.n, test.unit, got, test.want)
		}
	}
}

// A number that is just over the threshold must not look like it.
func TestTwoNumbers(t *testing.T) {
	for _, test := range []struct {
		a, b         float64
		unit         values.Unit
		wantA, wantB string
	}{
		{0.90004, 0.9, values.Ratio, "90.004%", "90%"},
		{5<<30 - 1<<20, 5 << 30, values.Bytes, "4.999 GiB", "5 GiB"},
		{3601, 3600, values.Seconds, "1h1s", "1h"},
		{1, 1, values.None, "1", "1"},
	} {
		if a, b := twoNumbers(test.a, test.b, test.unit); a != test.wantA || b != test.wantB {
			t.Errorf("%v and %v: %q and %q, want %q and %q", test.a, test.b, a, b, test.wantA, test.wantB)
		}
	}
}
