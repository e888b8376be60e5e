package bpf

import (
	"testing"
	"time"
)

func TestAt(t *testing.T) {
	for name, test := range map[string]struct {
		now, stamp uint32
		want       time.Duration // ago
	}{
		"now":                {1000, 1000, 0},
		"before":             {1000, 900, 400 * time.Millisecond},
		"a tick ahead":       {1000, 1001, 0},
		"before the wrap":    {10, 0xfffffff0, 26 * 4 * time.Millisecond},
		"ahead of the wrap":  {0xffffffff, 0, 0},
		"weeks":              {1 << 30, 0, (1 << 30) * 4 * time.Millisecond},
		"longest":            {1 << 31, 0, (1 << 31) * 4 * time.Millisecond},
		"too long to be old": {1<<31 + 1, 0, 0},
	} {
		r := noon
		r.jiffies = test.now
		if got := noon.wall.Sub(r.at(test.stamp)); got != test.want {
			t.Errorf("%s: %v ago, want %v", name, got, test.want)
		}
	}
}

func TestWhen(t *testing.T) {
	for mono, want := range map[uint64]time.Duration{
		5_000_000_000: 0, 4_999_999_999: -1, 0: -5 * time.Second, 6_000_000_000: time.Second,
	} {
		if got := noon.when(mono).Sub(noon.wall); got != want {
			t.Errorf("%d: %v from now, want %v", mono, got, want)
		}
	}
}

func TestTicks(t *testing.T) {
	c := clock{tick: 4 * time.Millisecond}
	for d, want := range map[time.Duration]uint32{
		0: 0, 1: 1, 4 * time.Millisecond: 1, 4*time.Millisecond + 1: 2, time.Second: 250,
	} {
		if got := c.ticks(d); got != want {
			t.Errorf("%v: %d ticks, want %d", d, got, want)
		}
	}
}

// Jiffies go on with the monotonic clock, also when they wrap.
func TestNow(t *testing.T) {
	started := monotonic()
	c := clock{tick: time.Millisecond, jiffies: 0xffffffff, mono: started - 10*int64(time.Millisecond)}
	r := c.now()
	passed := uint32((r.mono - c.mono) / int64(time.Millisecond))
	if r.jiffies != 0xffffffff+passed || passed < 10 {
		t.Errorf("jiffies %d after %d ms", r.jiffies, passed)
	}
	if got := r.wall.Sub(r.at(0xffffffff)); got != time.Duration(passed)*time.Millisecond {
		t.Errorf("the start was %v ago, want %d ms", got, passed)
	}
}
