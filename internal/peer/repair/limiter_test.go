package repair

import (
	"strconv"
	"testing"
	"time"
)

func TestLimiter(t *testing.T) {
	l := NewLimiter(10*time.Second, 2)
	refused := uint64(0)
	for i, c := range []struct {
		after time.Duration
		name  string
		asks  bool
		want  bool
	}{
		{0, "a", true, true},
		{0, "a", true, false},
		{0, "a", false, true}, // the second step of another exchange
		{0, "a", false, false},
		{1 * time.Second, "b", true, true},
		{9 * time.Second, "a", true, false},
		{9 * time.Second, "b", false, true},
		{9 * time.Second, "c", true, false}, // no place
		{10 * time.Second, "c", true, true}, // that of a
		{10 * time.Second, "a", true, true},
		{11 * time.Second, "a", true, false},
		{11 * time.Second, "b", true, true},
		{-time.Hour, "a", true, true}, // the clock was set back
		{-time.Hour, "a", true, false},
		{-time.Hour + 10*time.Second, "a", true, true},
	} {
		if got := l.Allow(c.name, c.asks, start.Add(c.after)); got != c.want {
			t.Errorf("step %d: %v", i, got)
		}
		if !c.want {
			refused++
		}
	}
	if l.Refused() != refused {
		t.Errorf("%d refused, want %d", l.Refused(), refused)
	}
}

// TestInventedNames holds that no number of names brings more answers than there
// are places.
func TestInventedNames(t *testing.T) {
	l := NewLimiter(time.Minute, 8)
	allowed := 0
	for i := range 1000 {
		if l.Allow(strconv.Itoa(i), i%2 == 0, start.Add(time.Duration(i)*time.Millisecond)) {
			allowed++
		}
	}
	if allowed != 16 || len(l.last) != 16 || l.Refused() != 984 {
		t.Errorf("%d allowed, %d kept, %d refused", allowed, len(l.last), l.Refused())
	}
	if !l.Allow("later", true, start.Add(2*time.Minute)) || len(l.last) != 1 {
		t.Errorf("%d kept when their time had passed", len(l.last))
	}
}
