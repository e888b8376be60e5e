package graph

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dropwatch/internal/values"
)

func TestAxis(t *testing.T) {
	for _, test := range []struct {
		unit      values.Unit
		low, high float64
		want      string
	}{
		{values.Ratio, 0, 0, "0 0.2% 0.4% 0.6% 0.8% 1.0%"},
		{values.Ratio, 0, 0.83, "0 20% 40% 60% 80% 100%"},
		{values.Bytes, 0, 3 << 30, "0 0.5 GiB 1.0 GiB 1.5 GiB 2.0 GiB 2.5 GiB 3.0 GiB"},
		{values.Bytes, 0, 700 << 10, "0 128 KiB 256 KiB 384 KiB 512 KiB 640 KiB 768 KiB"},
		{values.BytesPerSecond, 0, 12, "0 2 B/s 4 B/s 6 B/s 8 B/s 10 B/s 12 B/s"},
		{values.PerSecond, 0, 48000, "0 10k/s 20k/s 30k/s 40k/s 50k/s"},
		{values.Packets, 0, 7, "0 2 4 6 8"},
		{values.None, 0, 0.0004, "0 0.1m 0.2m 0.3m 0.4m"},
		{values.Seconds, -0.0021, 0.003, "-3 ms -2 ms -1 ms 0 1 ms 2 ms 3 ms"},
		{values.Seconds, 0, 40 * 86400, "0 10 d 20 d 30 d 40 d"},
		{values.None, 5, 5, "0 1 2 3 4 5"},
		{values.None, math.Inf(-1), math.NaN(), "0 0.2 0.4 0.6 0.8 1.0"},
	} {
		var got []string
		a := axisFor(test.unit, test.low, test.high, 6)
		a.ticks(func(_ float64, label string) { got = append(got, label) })
		if diff := cmp.Diff(test.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%v to %v %s: %s", test.low, test.high, test.unit, diff)
		}
		if finite(test.low) && a.low > test.low || a.high < test.high {
			t.Errorf("%v to %v %s: axis %v to %v", test.low, test.high, test.unit, a.low, a.high)
		}
	}
}

func TestFormat(t *testing.T) {
	for _, test := range []struct {
		unit values.Unit
		v    float64
		want string
	}{
		{values.Ratio, 0.1234, "12.3%"}, {values.Ratio, 1, "100%"}, {values.Ratio, 0, "0%"}, {values.Bytes, 1536, "1.50 KiB"}, {values.Bytes, 0, "0 B"},
		{values.BytesPerSecond, 1e9, "954 MiB/s"}, {values.PerSecond, 1234567, "1.23M/s"}, {values.None, -0.5, "-0.50"}, {values.None, 1e-7, "0.10µ"},
		{values.Seconds, 1e-4, "100 µs"}, {values.Seconds, 90, "90.0 s"}, {values.Seconds, 3e5, "3.47 d"}, {values.Seconds, 2e-9, "2.00 ns"},
		{values.Packets, math.NaN(), "-"}, {values.Packets, math.Inf(1), "-"}, {values.Packets, 1e299, "1e+281E"},
	} {
		if got := format(test.unit, test.v); got != test.want {
			t.Errorf("%v %s: %q, want %q", test.v, test.unit, got, test.want)
		}
	}
}

// FuzzAxis wants bounded axes that cover any numbers.
func FuzzAxis(f *testing.F) {
	f.Add(0.0, 1.0, 6)
	f.Add(-1e299, 1e-300, 1)
	f.Add(5e-324, 1e299, 100)
	f.Fuzz(func(t *testing.T, low, high float64, steps int) {
		for _, unit := range []values.Unit{values.None, values.Ratio, values.Seconds, values.Bytes} {
			a := axisFor(unit, low, high, min(max(steps, 1), 20))
			n := 0
			a.ticks(func(float64, string) { n++ })
			if n < 2 || n > 40 || !(a.low < a.high) {
				t.Errorf("%v to %v %s: %+v, %d ticks", low, high, unit, a, n)
			}
		}
	})
}

func TestTimeTicks(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		from   string
		length time.Duration
		want   string
	}{
		{"2026-03-05T07:30:20Z", 50 * time.Second, "08:30:20 08:30:30 08:30:40 08:30:50 08:31:00 08:31:10"},
		{"2026-03-05T07:33:00Z", 6 * time.Hour, "09:00 10:00 11:00 12:00 13:00 14:00"},
		{"2026-03-05T17:33:00Z", 24 * time.Hour, "*Fri 6 06:00 12:00 18:00"},
		// Clocks go from 2 to 3 and from 3 to 2.
		{"2026-03-28T22:30:00Z", 6 * time.Hour, "*Sun 29 01:00 03:00 04:00 05:00 06:00"},
		{"2026-10-24T21:30:00Z", 6 * time.Hour, "*Sun 25 01:00 02:00 03:00 04:00"},
		{"2026-03-25T12:00:00Z", 7 * day, "Thu 26 Fri 27 Sat 28 Sun 29 Mon 30 Tue 31 *1 Apr"},
		{"2026-03-01T12:00:00Z", 40 * day, "2 Mar 9 Mar 16 Mar 23 Mar 30 Mar 6 Apr"},
		{"2026-03-01T12:00:00Z", 400 * day, "May Jul Sep Nov *2027 Mar"},
		{"2026-03-01T12:00:00Z", 6 * 365 * day, "2027 2028 2029 2030 2031 2032"},
		{"0001-03-01T12:00:00Z", 200 * 365 * day, "0050 0100 0150 0200"},
	} {
		from, err := time.Parse(time.RFC3339, test.from)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, tick := range timeTicks(from, from.Add(test.length), berlin, 7) {
			if tick.bold {
				tick.label = "*" + tick.label
			}
			got = append(got, tick.label)
			if tick.at.Before(from) || tick.at.After(from.Add(test.length)) {
				t.Errorf("%s, %v: tick at %v", test.from, test.length, tick.at)
			}
		}
		if diff := cmp.Diff(test.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s, %v: %s", test.from, test.length, diff)
		}
	}
}

func TestRefused(t *testing.T) {
	ok := Chart{From: begin, To: begin.Add(time.Hour)}
	for name, change := range map[string]func(*Chart){
		"time":  func(c *Chart) { c.To = c.From },
		"ages":  func(c *Chart) { c.To = c.From.AddDate(280, 0, 0) },
		"lines": func(c *Chart) { c.Lines = make([]Line, 9) },
		"small": func(c *Chart) { c.Width = 100 },
		"flat":  func(c *Chart) { c.Height = 125; c.Lines = make([]Line, 4) },
		"large": func(c *Chart) { c.Height = 1 << 30 },
	} {
		c := ok
		change(&c)
		if err := c.SVG(new(strings.Builder)); err == nil || !strings.Contains(err.Error(), "draw graph: ") {
			t.Errorf("%s: %v", name, err)
		}
		if err := c.PNG(new(strings.Builder)); err == nil {
			t.Errorf("%s: PNG", name)
		}
	}
	if err := ok.PNG(new(strings.Builder)); err != nil {
		t.Error(err)
	}
}

func BenchmarkPNG(b *testing.B) {
	c := charts()["bytes"]
	for b.Loop() {
		if err := c.PNG(new(strings.Builder)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSVG(b *testing.B) {
	c := charts()["bytes"]
	for b.Loop() {
		if err := c.SVG(new(strings.Builder)); err != nil {
			b.Fatal(err)
		}
	}
}
