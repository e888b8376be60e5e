package hoststat

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"
)

// TestDeadServer holds that a file system that never answers costs one time-out
// and one thread, and nothing after that.
func TestDeadServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var asked []string
		alive := make(chan struct{})
		p := prober{stuck: make(map[string]<-chan struct{}), statfs: func(path string, to *unix.Statfs_t) error {
			mu.Lock()
			asked = append(asked, path)
			mu.Unlock()
			if path == "/dead" {
				<-alive
			}
			to.Blocks = uint64(len(path))
			return nil
		}}
		paths := []string{"/a", "/dead", "/bcd"}
		ask := func() (took time.Duration) {
			t.Helper()
			began := time.Now()
			for i, a := range p.ask(t.Context(), time.Second, paths) {
				if dead := paths[i] == "/dead"; dead != errors.Is(a.err, errNotAnswering) {
					t.Errorf("%s: %v", paths[i], a.err)
				} else if !dead && a.stat.Blocks != uint64(len(paths[i])) {
					t.Errorf("%s has the answer of another: %d", paths[i], a.stat.Blocks)
				}
			}
			return time.Since(began)
		}
		if took := ask(); took != time.Second {
			t.Errorf("waited %v, want a second", took)
		}
		if took := ask(); took != 0 {
			t.Errorf("waited %v again", took)
		}
		if want := []string{"/a", "/dead", "/bcd", "/a", "/bcd"}; !slices.Equal(asked, want) {
			t.Errorf("asked %v, want %v", asked, want)
		}
		close(alive)
		synctest.Wait()
		for i, a := range p.ask(t.Context(), time.Second, paths) {
			if a.err != nil {
				t.Errorf("%s: %v, but it is back", paths[i], a.err)
			}
		}
		if len(p.stuck) != 0 {
			t.Errorf("still waiting for %v", p.stuck)
		}
	})
}

// TestManyDeadServers bounds the threads.
func TestManyDeadServers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		alive := make(chan struct{})
		defer close(alive)
		p := prober{stuck: make(map[string]<-chan struct{}), statfs: func(string, *unix.Statfs_t) error {
			<-alive
			return nil
		}}
		var paths []string
		for i := range 3 * maxStuck {
			paths = append(paths, string(rune('a'+i)))
		}
		answers := p.ask(t.Context(), time.Second, paths)
		for i, want := range []error{0: errNotAnswering, maxStuck - 1: errNotAnswering, maxStuck: errTooManyDead} {
			if want != nil && !errors.Is(answers[i].err, want) {
				t.Errorf("%d: %v, want %v", i, answers[i].err, want)
			}
		}
		if len(p.stuck) != maxStuck {
			t.Errorf("%d threads, want %d", len(p.stuck), maxStuck)
		}
	})
}

func TestCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		alive := make(chan struct{})
		defer close(alive)
		p := prober{stuck: make(map[string]<-chan struct{}), statfs: func(string, *unix.Statfs_t) error {
			<-alive
			return nil
		}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		began := time.Now()
		for _, a := range p.ask(ctx, time.Hour, []string{"/a", "/b"}) {
			if !errors.Is(a.err, context.DeadlineExceeded) {
				t.Errorf("error %v", a.err)
			}
		}
		if took := time.Since(began); took != time.Millisecond {
			t.Errorf("took %v", took)
		}
	})
}
