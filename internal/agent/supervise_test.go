package agent

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A part that fails is started again after pauses that grow, and the others run
// on.
func TestKeepStartsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []Health
		s := newSupervisor(func(h Health) { told = append(told, h) })
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		start := time.Now()
		var starts []time.Duration
		go s.keep(ctx, part{"bad", func(context.Context) error {
			starts = append(starts, time.Since(start))
			return errors.New("no luck")
		}})
		go s.keep(ctx, part{"good", func(ctx context.Context) error {
			<-ctx.Done()
			return nil
		}})
		time.Sleep(8 * time.Second)
		synctest.Wait()
		want := []time.Duration{0, time.Second, 3 * time.Second, 7 * time.Second}
		if len(starts) != len(want) {
			t.Fatalf("started at %v, want %v", starts, want)
		}
		for i := range want {
			if starts[i] != want[i] {
				t.Errorf("start %d at %v, want %v", i, starts[i], want[i])
			}
		}
		if h := s.of("bad"); h.Running || h.Failures != 4 || h.Error != "no luck" {
			t.Errorf("health %+v", h)
		}
		if h := s.of("good"); !h.Running || h.Failures != 0 {
			t.Errorf("health %+v", h)
		}
		if len(told) != 1 || told[0].Failures != 1 { // the same error is told once
			t.Errorf("told %+v", told)
		}
		cancel()
		synctest.Wait()
		if s.of("good").Running {
			t.Error("runs after the end")
		}
		s.forget("bad")
		if h := s.of("bad"); h.Name != "" {
			t.Errorf("not forgotten: %+v", h)
		}
	})
}

// The pause never grows beyond a limit, and begins anew for a part that ran well
// for a while.
func TestKeepPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSupervisor(func(Health) {})
		ctx, cancel := context.WithCancel(t.Context())
		var starts []time.Time
		go s.keep(ctx, part{"part", func(context.Context) error {
			starts = append(starts, time.Now())
			if len(starts) == 12 {
				time.Sleep(settled)
			}
			return errors.New("failed")
		}})
		time.Sleep(time.Hour)
		cancel()
		synctest.Wait()
		if pause := starts[11].Sub(starts[10]); pause != longPause {
			t.Errorf("pause %v, want %v", pause, longPause)
		}
		if pause := starts[12].Sub(starts[11]) - settled; pause != firstPause {
			t.Errorf("pause %v after a good time, want %v", pause, firstPause)
		}
	})
}

// A fault of the program ends a part, not the agent.
func TestKeepFault(t *testing.T) {
	err := protect(t.Context(), part{"part", func(context.Context) error { panic("oh") }})
	if err == nil || !strings.Contains(err.Error(), "oh") || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "supervise_test.go:") {
		t.Errorf("error %q", err)
	}
	if err := protect(t.Context(), part{"part", func(context.Context) error { return nil }}); err == nil {
		t.Error("an end is no failure")
	}
}
