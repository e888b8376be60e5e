package action

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dropwatch/internal/alert"
)

func endOf(t *testing.T, pid string) {
	t.Helper()
	n, err := strconv.Atoi(pid)
	if err != nil || n < 2 {
		t.Fatalf("pid %q", pid)
	}
	if err := syscall.Kill(n, syscall.SIGKILL); err != nil {
		t.Error(err)
	}
}

// fake is an action of which tests decide how it goes.
type fake struct {
	mu     sync.Mutex
	do     func(ctx context.Context, rule string) (bool, error)
	calls  []string // time and rule
	start  time.Time
	closed int
}

func (f *fake) deliver(ctx context.Context, e *alert.Event) (bool, error) {
	f.mu.Lock()
	f.calls = append(f.calls, fmt.Sprint(time.Since(f.start), " ", e.Rule))
	f.mu.Unlock()
	if f.do == nil {
		return false, nil
	}
	return f.do(ctx, e.Rule)
}

func (f *fake) close() error {
	f.closed++
	return nil
}

// withFake is a runner of one action beside log, for rules a, b, c.
func withFake(t *testing.T, f *fake, timeout time.Duration, log io.Writer) *Runner {
	t.Helper()
	var rules []alert.Rule
	for _, name := range []string{"a", "b", "c"} {
		rules = append(rules, alert.Rule{Name: name, Actions: []string{"fake", "fake"}})
	}
	f.start = time.Now()
	r := &Runner{log: &lines{w: log}, byRule: make(map[string][]*worker), stop: make(chan struct{}), ended: make(chan struct{})}
	r.workers = []*worker{newWorker("fake", f, timeout, r.log, r.stop)}
	r.route(rules)
	r.start()
	return r
}

func events(rules ...string) []alert.Event {
	var list []alert.Event
	for _, rule := range rules {
		e := example()
		e.Rule, e.Host = rule, "db1"
		list = append(list, e)
	}
	return list
}

func count(t *testing.T, r *Runner, want Count) {
	t.Helper()
	want.Name = "fake"
	if diff := cmp.Diff([]Count{want}, r.Counts()); diff != "" {
		t.Error(diff)
	}
}

func TestOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := new(fake)
		r := withFake(t, f, time.Second, io.Discard)
		r.Do(events("a", "b", "nobody's", "a"))
		r.Do(events("c", alert.Overflow))
		if err := r.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([]string{"0s a", "0s b", "0s a", "0s c", "0s too-many-alerts"}, f.calls); diff != "" {
			t.Error(diff)
		}
		r.Do(events("a"))
		count(t, r, Count{Delivered: 5, Lost: 1})
		if err := r.Close(t.Context()); err != nil || f.closed != 1 {
			t.Errorf("closed %d times: %v", f.closed, err)
		}
	})
}

var errNo = errors.New("no luck")

func TestRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		f := &fake{do: func(_ context.Context, rule string) (bool, error) {
			return rule == "a", map[string]error{"a": errNo, "b": errNo}[rule]
		}}
		r := withFake(t, f, time.Second, &log)
		r.Do(events("a", "b", "c"))
		synctest.Wait()
		count(t, r, Count{Waiting: 3, Error: "no luck"})
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		count(t, r, Count{Delivered: 1, Failed: 2})
		if diff := cmp.Diff([]string{"0s a", "1s a", "6s a", "31s a", "2m36s a", "2m36s b", "2m36s c"}, f.calls); diff != "" {
			t.Error(diff)
		}
		const line = "alert action fake: no luck; not delivered: CRITICAL db1: memory.used is 94% (above 90% for 1m)\n"
		if diff := cmp.Diff(line+line, log.String()); diff != "" {
			t.Error(diff)
		}
		if err := r.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// An action that takes its whole time is not tried for longer than 5 minutes.
func TestRetriesEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{do: func(ctx context.Context, _ string) (bool, error) {
			<-ctx.Done()
			return true, ctx.Err()
		}}
		r := withFake(t, f, 2*time.Minute, io.Discard)
		r.Do(events("a"))
		time.Sleep(time.Hour)
		synctest.Wait()
		if diff := cmp.Diff([]string{"0s a", "2m1s a", "4m6s a"}, f.calls); diff != "" {
			t.Error(diff)
		}
		count(t, r, Count{Failed: 1, Error: "context deadline exceeded"})
		if err := r.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestQueueIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		release := make(chan struct{})
		f := &fake{do: func(context.Context, string) (bool, error) {
			<-release
			return false, nil
		}}
		r := withFake(t, f, time.Hour, &log)
		r.Do(events("a"))
		synctest.Wait() // it holds one
		for range maxQueue + 7 {
			r.Do(events("b"))
		}
		count(t, r, Count{Waiting: maxQueue + 1, Lost: 7})
		close(release)
		if err := r.Close(t.Context()); err != nil {
			t.Error(err)
		}
		count(t, r, Count{Delivered: maxQueue + 1, Lost: 7})
		if want := "alert action fake: 7 events lost: it does not keep up\n"; log.String() != want {
			t.Errorf("%q", log.String())
		}
	})
}

// Close does not wait for the pauses between attempts.
func TestCloseTriesOnceMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		f := &fake{do: func(_ context.Context, rule string) (bool, error) {
			if tries++; tries == 3 || rule == "b" {
				return false, nil
			}
			return true, errNo
		}}
		r := withFake(t, f, time.Second, io.Discard)
		r.Do(events("a", "b", "c"))
		time.Sleep(3 * time.Second)
		err := r.Close(t.Context())
		if err == nil || err.Error() != "close alert actions: events not delivered: 1 by fake" {
			t.Error(err)
		}
		if diff := cmp.Diff([]string{"0s a", "1s a", "3s a", "3s b", "3s c"}, f.calls); diff != "" {
			t.Error(diff)
		}
		count(t, r, Count{Delivered: 2, Failed: 1, Error: "no luck"})
	})
}

func TestCloseEnds(t *testing.T) {
	for _, test := range []struct {
		longer time.Duration // than the context lasts
		want   string
		count  Count
	}{
		{0, "close alert actions: events not delivered: 3 by fake", Count{Failed: 1, Lost: 2, Error: "context canceled"}},
		{time.Hour, "close alert actions: still busy: fake\nclose alert actions: events not delivered: 3 by fake", Count{Waiting: 3}},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{do: func(ctx context.Context, _ string) (bool, error) {
				<-ctx.Done()
				time.Sleep(test.longer)
				return true, ctx.Err()
			}}
			r := withFake(t, f, time.Hour, io.Discard)
			r.Do(events("a", "b", "c"))
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			began := time.Now()
			if err := r.Close(ctx); err == nil || err.Error() != test.want {
				t.Errorf("%v\nwant %s", err, test.want)
			}
			if d := time.Since(began); d > 3*time.Second {
				t.Errorf("it took %v", d)
			}
			count(t, r, test.count)
			time.Sleep(2 * test.longer) // let it return
			synctest.Wait()
		})
	}
}

// A rule that rings, and all that is done about it.
func TestRunner(t *testing.T) {
	var log, bell bytes.Buffer
	var asked []string
	url := serve(t, recorder(&asked))
	dir := t.TempDir()
	rules := []alert.Rule{
		{Name: "memory", When: "memory.used > 90%", Actions: []string{"log", "bell", "page", "chat"}},
		{Name: "load", When: "load1 > 5"},
		{Name: "quiet", When: "load5 > 5", Actions: []string{}},
	}
	actions := map[string]Action{
		"bell": {Bell: true},
		"page": {Command: []string{script(t, `echo "$2" >> "$1"`), dir + "/paged", "{state} {host}"}},
		"chat": {Webhook: Webhook{URL: url}},
	}
	r, err := NewRunner(rules, actions, Options{Log: &log, Bell: &bell})
	if err != nil {
		t.Fatal(err)
	}
	end := events("memory")
	end[0].Firing, end[0].Number = false, 0.5
	r.Do(events("memory", "load", "quiet"))
	r.Do(end)
	if err := r.Close(t.Context()); err != nil {
		t.Error(err)
	}
	const begins, ends = "CRITICAL db1: memory.used is 94% (above 90% for 1m)\n", "OK db1: memory.used is 50% (was above 90% for 1m, at worst 94%)\n"
	for what, pair := range map[string][2]string{
		"log":  {log.String(), begins + begins + ends},
		"bell": {bell.String(), "\a" + begins + ends},
		"page": {read(t, dir+"/paged"), "firing db1\nended db1\n"},
		"chat": {strings.Join(asked, ""), "firing\nended\n"},
	} {
		if diff := cmp.Diff(pair[1], pair[0]); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
	want := []Count{{Name: "bell", Delivered: 2}, {Name: "chat", Delivered: 2}, {Name: "log", Delivered: 3}, {Name: "page", Delivered: 2}}
	if diff := cmp.Diff(want, r.Counts()); diff != "" {
		t.Error(diff)
	}
}

func TestNewRunnerRefuses(t *testing.T) {
	if _, err := NewRunner(nil, map[string]Action{"x": {}}, Options{Log: io.Discard}); err == nil {
		t.Error("an action that does nothing is taken")
	}
	_, err := NewRunner(nil, map[string]Action{"x": {Webhook: Webhook{"http://host.example", "/nonexistent"}}}, Options{Log: io.Discard})
	if err == nil || err.Error() != `action "x": header_file: open /nonexistent: no such file or directory` {
		t.Error(err)
	}
}
