package logline

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// hang waits for the context and longer.
func hang(longer time.Duration) func(context.Context, []Record) (int, error) {
	return func(ctx context.Context, _ []Record) (int, error) {
		<-ctx.Done()
		time.Sleep(longer)
		return 0, ctx.Err()
	}
}

func TestQueueCloseEndsWrite(t *testing.T) {
	for _, test := range []struct {
		longer time.Duration
		closed int
		want   string
	}{
		{0, 1, "close fake: 2 log lines lost: the destination does not keep up"},
		{time.Hour, 0, "close fake: it still holds a write\nclose fake: 2 log lines lost: the destination does not keep up"},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{write: hang(test.longer)}
			q := NewQueue(f, QueueConfig{Name: "fake"})
			q.Add(line(0))
			q.Add(line(1))
			synctest.Wait()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			start := time.Now()
			if err := q.Close(ctx); fmt.Sprint(err) != test.want {
				t.Errorf("close: %v", err)
			}
			if d := time.Since(start); d > 2*time.Second {
				t.Errorf("close took %v", d)
			}
			check(t, q, Stats{Name: "fake", Added: 2, Lost: 2})
			if f.closed != test.closed {
				t.Errorf("destination closed %d times", f.closed)
			}
			time.Sleep(2 * test.longer) // let it return; it must change nothing
			synctest.Wait()
			check(t, q, Stats{Name: "fake", Added: 2, Lost: 2})
		})
	}
}

// A destination that hangs is reported as one that fails.
func TestQueueTellsOfSlowDestination(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{write: func(_ context.Context, r []Record) (int, error) {
			time.Sleep(time.Minute)
			return len(r), nil
		}}
		var changes []string
		q := NewQueue(f, QueueConfig{Name: "fake", Changed: func(s Stats) { changes = append(changes, s.String()) }})
		q.Add(line(0))
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		want := []string{"fake: the destination does not keep up; lines wait (65536 at most)", "fake: works again; 0 log lines lost so far"}
		if diff := cmp.Diff(want, changes); diff != "" {
			t.Error(diff)
		}
		check(t, q, Stats{Name: "fake", Added: 1, Delivered: 1})
		q.Close(t.Context())
	})
}

func TestQueueEndsWhenDestinationIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := fmt.Errorf("write: %w", ErrGone)
		f := &fake{write: func(context.Context, []Record) (int, error) { return 1, err }}
		var last Stats
		q := NewQueue(f, QueueConfig{Name: "stdout", Changed: func(s Stats) { last = s }})
		q.Add(line(0))
		q.Add(line(1))
		synctest.Wait()
		q.Add(line(2))
		check(t, q, Stats{Name: "stdout", Added: 3, Delivered: 1, Lost: 2, Failing: err, Gone: true})
		if got := last.String(); got != "stdout: write: nobody reads it any more; nothing more is logged there" {
			t.Error(got)
		}
		if err := q.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestQueueReopens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{reopen: io.ErrClosedPipe}
		q := NewQueue(f, QueueConfig{})
		q.Reopen()
		synctest.Wait()
		check(t, q, Stats{Failing: io.ErrClosedPipe})
		f.reopen = nil
		q.Reopen()
		synctest.Wait()
		check(t, q, Stats{})
		if f.opened != 2 {
			t.Errorf("opened %d times", f.opened)
		}
		q.Close(t.Context())
	})
}

// Whatever the destination does, the numbers add up, the order stays, and each
// gap is told of exactly.
func TestQueueAddsUp(t *testing.T) {
	for seed := range uint64(30) {
		synctest.Test(t, func(t *testing.T) {
			dice := rand.New(rand.NewPCG(seed, 1))
			f := &fake{write: func(_ context.Context, r []Record) (int, error) {
				time.Sleep(time.Duration(dice.IntN(300)) * time.Millisecond)
				if n := dice.IntN(len(r) + 1); n < len(r) {
					return n, errRefused
				}
				return len(r), nil
			}}
			q := NewQueue(f, QueueConfig{Limit: 1 + dice.IntN(40)})
			const lines = 2000
			for i := range lines {
				q.Add(line(i))
				if i%100 == 0 {
					time.Sleep(time.Duration(i) * time.Millisecond)
				}
				if s := q.Stats(); s.Added != s.Delivered+s.Lost+s.Waiting || s.Waiting > s.Limit {
					t.Fatalf("does not add up: %+v", s)
				}
			}
			if err := q.Close(t.Context()); err != nil {
				t.Error(err)
			}
			s := q.Stats()
			if s.Added != lines || s.Waiting != 0 || s.Delivered+s.Lost != lines || s.Lost == 0 {
				t.Errorf("does not add up: %+v", s)
			}
			next := 0
			for _, text := range f.got {
				var lost int
				if n, _ := fmt.Sscanf(text, "%d log line", &lost); n == 1 && text != fmt.Sprint(lost) {
					next += lost
				} else if text != fmt.Sprint(next) {
					t.Fatalf("line %q where %d should be", text, next)
				} else {
					next++
				}
			}
			if next != lines {
				t.Errorf("lines end at %d", next)
			}
		})
	}
}
