package logline

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// fake is a destination that does what the test says.
type fake struct {
	got    []string
	write  func(ctx context.Context, records []Record) (int, error) // nil takes all
	reopen error
	opened int
	closed int
}

func (f *fake) Write(ctx context.Context, records []Record) (int, error) {
	n, err := len(records), error(nil)
	if f.write != nil {
		n, err = f.write(ctx, records)
	}
	for _, r := range records[:n] {
		f.got = append(f.got, r.Text)
	}
	return n, err
}

func (f *fake) Reopen() error { f.opened++; return f.reopen }
func (f *fake) Close() error  { f.closed++; return nil }

func line(i int) Record { return Record{Event: "drop", Text: fmt.Sprint(i)} }

func check(t *testing.T, q *Queue, want Stats) {
	t.Helper()
	got := q.Stats()
	if got.Added != got.Delivered+got.Lost+got.Waiting {
		t.Errorf("added %d, but %d + %d + %d", got.Added, got.Delivered, got.Lost, got.Waiting)
	}
	want.Limit = got.Limit
	same := cmp.Comparer(func(a, b error) bool { return fmt.Sprint(a) == fmt.Sprint(b) })
	if diff := cmp.Diff(want, got, same, cmp.Comparer(func(a, b time.Time) bool { return true })); diff != "" {
		t.Errorf("stats (-want +got):\n%s", diff)
	}
}

var errRefused = errors.New("connection refused")

// down refuses everything until the time has come.
func down(until time.Time) func(context.Context, []Record) (int, error) {
	return func(_ context.Context, records []Record) (int, error) {
		if time.Now().Before(until) {
			return 0, errRefused
		}
		return len(records), nil
	}
}

func TestQueueDelivers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{}
		q := NewQueue(f, QueueConfig{Name: "fake"})
		for i := range 3 {
			q.Add(line(i))
		}
		synctest.Wait()
		check(t, q, Stats{Name: "fake", Added: 3, Delivered: 3})
		q.Add(line(3))
		if err := q.Close(t.Context()); err != nil {
			t.Error(err)
		}
		q.Add(line(4))
		check(t, q, Stats{Name: "fake", Added: 5, Delivered: 4, Lost: 1})
		if diff := cmp.Diff([]string{"0", "1", "2", "3"}, f.got); diff != "" {
			t.Error(diff)
		}
		if err := q.Close(t.Context()); err != nil || f.closed != 1 {
			t.Errorf("second close: %v, destination closed %d times", err, f.closed)
		}
	})
}

// A destination that is away for a while: what fits is kept, and what does not is
// told of at its place, once.
func TestQueueTellsWhatIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{write: down(time.Now().Add(9 * time.Second))}
		var changes []string
		q := NewQueue(f, QueueConfig{Name: "fake", Limit: 4, Changed: func(s Stats) { changes = append(changes, s.String()) }})
		first := time.Now().Add(4 * time.Second)
		for i := range 7 {
			q.Add(line(i))
			time.Sleep(time.Second)
		}
		synctest.Wait()
		check(t, q, Stats{Name: "fake", Added: 7, Lost: 3, Waiting: 4, Failing: errRefused})
		time.Sleep(20 * time.Second)
		q.Add(line(7))
		synctest.Wait()
		check(t, q, Stats{Name: "fake", Added: 8, Lost: 3, Delivered: 5, Notices: 1})
		notice := fmt.Sprintf("3 log lines lost between %s and %s: connection refused", first.Format("15:04:05"), first.Add(2*time.Second).Format("15:04:05"))
		if diff := cmp.Diff([]string{"0", "1", "2", "3", notice, "7"}, f.got); diff != "" {
			t.Error(diff)
		}
		want := []string{"fake: connection refused; lines wait (4 at most)", "fake: works again; 3 log lines lost so far"}
		if diff := cmp.Diff(want, changes); diff != "" {
			t.Error(diff)
		}
		q.Close(t.Context())
	})
}

// After a loss an eighth of the queue must be free before records are taken again.
func TestQueueMakesOneGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		step := make(chan int)
		f := &fake{write: func(ctx context.Context, records []Record) (int, error) {
			select {
			case n, ok := <-step:
				if !ok {
					return len(records), nil
				}
				return n, errRefused
			case <-ctx.Done():
				return 0, ctx.Err()
			}
		}}
		q := NewQueue(f, QueueConfig{Name: "fake", Limit: 17})
		for i := range 17 {
			q.Add(line(i))
		}
		for i := range 3 { // two of 16 must leave before one can come in
			q.Add(line(100 + i))
			step <- 1
			time.Sleep(time.Second)
		}
		check(t, q, Stats{Name: "fake", Added: 20, Delivered: 3, Lost: 3, Waiting: 14, Failing: errRefused})
		q.Add(line(200))
		check(t, q, Stats{Name: "fake", Added: 21, Delivered: 3, Lost: 3, Waiting: 15, Failing: errRefused})
		close(step) // works from now on
		if err := q.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if got := strings.Join(f.got[len(f.got)-2:], "; "); !strings.HasPrefix(got, "3 log lines lost") || !strings.HasSuffix(got, "; 200") {
			t.Errorf("ends with %q", got)
		}
		check(t, q, Stats{Name: "fake", Added: 21, Delivered: 18, Lost: 3, Notices: 1})
	})
}

// What was delivered before an error is not given to the destination again.
func TestQueueContinuesWhereItFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen [][]string
		f := &fake{write: func(_ context.Context, records []Record) (int, error) {
			var batch []string
			for _, r := range records {
				batch = append(batch, r.Text)
			}
			seen = append(seen, batch)
			if len(records) > 1 {
				return 1, errRefused
			}
			return 1, nil
		}}
		q := NewQueue(f, QueueConfig{})
		q.Add(line(0))
		q.Add(line(1))
		q.Add(line(2))
		time.Sleep(time.Second)
		q.Close(t.Context())
		want := [][]string{{"0", "1", "2"}, {"1", "2"}, {"2"}}
		if diff := cmp.Diff(want, seen); diff != "" {
			t.Error(diff)
		}
	})
}

func TestQueueBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var tries []time.Duration
		f := &fake{write: func(context.Context, []Record) (int, error) {
			tries = append(tries, time.Since(start))
			return 0, errRefused
		}}
		q := NewQueue(f, QueueConfig{Name: "fake", RetryMin: time.Second, RetryMax: 4 * time.Second})
		q.Add(line(0))
		time.Sleep(time.Minute)
		synctest.Wait()
		low, high := time.Second/2, time.Second
		for i := range len(tries) - 1 {
			if d := tries[i+1] - tries[i]; d < low || d > high {
				t.Errorf("pause %d is %v, not from %v to %v", i, d, low, high)
			}
			low, high = min(2*low, 2*time.Second), min(2*high, 4*time.Second)
		}
		if len(tries) < 15 || len(tries) > 32 {
			t.Errorf("tried %d times in a minute", len(tries))
		}
		before := len(tries)
		q.Reopen() // tries at once
		synctest.Wait()
		if len(tries) != before+1 || f.opened != 1 {
			t.Errorf("after reopen %d more tries, opened %d times", len(tries)-before, f.opened)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if err := q.Close(ctx); err == nil || err.Error() != "close fake: 1 log line lost: connection refused" {
			t.Errorf("close: %v", err)
		}
		check(t, q, Stats{Name: "fake", Added: 1, Lost: 1, Failing: errRefused})
	})
}

// The memory is bounded too, and one large record is better than none.
func TestQueueLimitsBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{write: down(time.Now().Add(time.Hour))}
		q := NewQueue(f, QueueConfig{LimitBytes: 1000})
		q.Add(Record{Text: strings.Repeat("x", 2000)})
		q.Add(line(1))
		synctest.Wait()
		check(t, q, Stats{Added: 2, Lost: 1, Waiting: 1, Failing: errRefused})
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		check(t, q, Stats{Added: 2, Lost: 1, Delivered: 1, Notices: 1})
		q.Close(t.Context())
	})
}
