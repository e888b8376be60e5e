package bpf

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"time"
)

func TestSleepFor(t *testing.T) {
	for buffer, want := range map[int]time.Duration{
		1 << 18: 131072 * time.Nanosecond,
		1 << 24: 8388608 * time.Nanosecond,
		1 << 28: longestSleep,
	} {
		if got := sleepFor(buffer); got != want {
			t.Errorf("buffer of %d bytes: %v, want %v", buffer, got, want)
		}
	}
}

func TestDecodeEventAllocates(t *testing.T) {
	raw := eventOf()
	message := append(append([]byte{}, bytesOf(&raw)[:eventHeader]...), 1, 2, 3, 4)
	names := make(names)
	var e Event
	if n := testing.AllocsPerRun(100, func() { _ = e.decode(message, noon, names) }); n != 0 || e.Command != "dnsd" {
		t.Errorf("%v allocations, command %q", n, e.Command)
	}
}

func TestNames(t *testing.T) {
	n := make(names)
	for i := range 3 * mostNames {
		want := fmt.Sprint("process ", i)
		if got := n.of(append([]byte(want), 0, 'x')); got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
		if len(n) > mostNames {
			t.Fatalf("%d names", len(n))
		}
	}
	if got := n.of([]byte("sixteen bytes ..")); got != "sixteen bytes .." {
		t.Errorf("without an end: %q", got)
	}
}

// The first event comes at once, also after a pause; and what an old Wake left
// behind does not cut the next wait short.
func TestRootFirstEvent(t *testing.T) {
	l := newLab(t)
	d := l.watch(t, Config{Packets: true})
	for range 3 {
		d.Wake()
		var e Event
		if err := d.Next(&e, time.Now().Add(20*time.Second)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal(err)
		}
		deadline := time.Now().Add(50 * time.Millisecond)
		if err := d.Next(&e, deadline); !errors.Is(err, os.ErrDeadlineExceeded) || time.Until(deadline) > time.Millisecond {
			t.Errorf("%v, %v before the deadline", err, time.Until(deadline))
		}
		got := make(chan error, 1)
		start := time.Now()
		go func() {
			var e Event
			got <- d.Next(&e, start.Add(20*time.Second))
		}()
		l.drop(t, 1, 0)
		if err := <-got; err != nil || time.Since(start) > 10*time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	}
}

// However the deadlines fall, no event is lost and none comes twice.
func TestRootDeadlinesLoseNothing(t *testing.T) {
	l := newLab(t)
	d := l.watch(t, Config{Packets: true})
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		for i := range 20 {
			l.drop(t, 100, 20_000+100*i)
		}
	}()
	ports := make(map[string]int)
	next := func(deadline time.Time) bool {
		var e Event
		err := d.Next(&e, deadline)
		if err == nil {
			ports[string(e.Data[e.NetworkOffset+20:e.NetworkOffset+22])]++
		} else if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
		return err == nil
	}
	for wait, open := time.Duration(0), true; open; wait = (wait + 137*time.Microsecond) % (25 * time.Millisecond) {
		next(time.Now().Add(wait - time.Millisecond))
		select {
		case <-sent:
			open = false
		default:
		}
	}
	for next(time.Now()) {
	}
	for port, n := range ports {
		if n != 1 {
			t.Errorf("port %x: %d events", port, n)
		}
	}
	if len(ports) != 2000 || misses(t, d) != (Misses{}) {
		t.Errorf("%d of 2000 events, %+v", len(ports), misses(t, d))
	}
}
