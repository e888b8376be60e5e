package agent

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dropwatch/internal/config"
)

// What fails at each interval does not fill the log.
func TestComplaint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		c := complaint{out: &out, part: "part"}
		said := func(want string) {
			t.Helper()
			if diff := cmp.Diff(want, out.String()); diff != "" {
				t.Error(diff)
			}
			out.Reset()
		}
		full := func(i int) error {
			return fmt.Errorf("write: %w", &os.PathError{Op: "open", Path: fmt.Sprint(".new-", i), Err: syscall.ENOSPC})
		}
		c.about(nil, "")
		said("")
		c.about(full(1), "; more")
		said("part: write: open .new-1: no space left on device; more\n")
		for i := range 359 { // 10 s each
			time.Sleep(10 * time.Second)
			c.about(full(i), "")
		}
		said("")
		time.Sleep(10 * time.Second)
		c.about(full(2), "")
		said("part: write: open .new-2: no space left on device\n")
		c.about(errors.New("other"), "")
		said("") // it may alternate
		time.Sleep(tellOther)
		c.about(errors.Join(errors.New("dial 10.0.0.1:5"), errors.New("x")), "")
		said("part: dial 10.0.0.1:5; x\n")
		time.Sleep(tellOther)
		c.about(errors.Join(errors.New("dial 10.0.0.2:6"), errors.New("x")), "")
		said("")
		c.over()
		c.about(errors.New("dial 10.0.0.1:5"), "")
		said("part: dial 10.0.0.1:5\n")
	})
}

// A part that fails for the same reason after it ran well for long is told again.
func TestKeepTellsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told, runs := 0, 0
		s := newSupervisor(func(Health) { told++ })
		go s.keep(t.Context(), part{"part", func(context.Context) error {
			if runs++; runs == 5 {
				time.Sleep(settled)
			}
			return fmt.Errorf("write .new-%d: %w", runs, syscall.EIO)
		}})
		time.Sleep(time.Hour)
		synctest.Wait()
		if told != 2 || runs < 10 {
			t.Errorf("told %d times of %d failures", told, runs)
		}
	})
}

// A clock that is set does not make an agent look dead, nor keep a dead one alive:
// only time that passes counts.
func TestAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &Agent{began: time.Now()}
		c := config.Config{Interval: time.Minute}
		a.config.Store(&c)
		time.Sleep(time.Hour)
		a.beat.Store(int64(time.Since(a.began)))
		time.Sleep(3*time.Minute - time.Second)
		if !a.alive() {
			t.Error("dead before three intervals")
		}
		time.Sleep(time.Second)
		if a.alive() {
			t.Error("alive after three intervals")
		}
		c.Interval = time.Second
		a.beat.Store(int64(time.Since(a.began)))
		time.Sleep(leastSilence - time.Second)
		if !a.alive() {
			t.Error("names that nobody resolves make it dead")
		}
	})
}
