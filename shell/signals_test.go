package shell

import (
	"bytes"
	"context"
	"os"
	"os/signal"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// patience is how long a test waits for something that must happen.
const patience = 20 * time.Second

// A scriptRun is a shell that reads a pipe.
type scriptRun struct {
	input    *os.File
	out, err bytes.Buffer // to be read after end
	status   chan int
}

func startScript(t *testing.T, ctx context.Context, table []Command) *scriptRun {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	run := &scriptRun{input: w, status: make(chan int, 1)}
	s, err := New(Config{Commands: table, In: r, Out: &run.out, Err: &run.err})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	go func() {
		status, err := s.Run(ctx)
		if err != nil {
			t.Error(err)
		}
		run.status <- status
	}()
	return run
}

func (run *scriptRun) end(t *testing.T) int {
	t.Helper()
	select {
	case status := <-run.status:
		return status
	case <-time.After(patience):
		t.Fatal("the shell does not end")
		return 0
	}
}

// guardSIGINT keeps a signal that comes late from ending the test.
func guardSIGINT(t *testing.T) {
	guard := make(chan os.Signal, 1)
	signal.Notify(guard, unix.SIGINT)
	t.Cleanup(func() { signal.Stop(guard) })
}

func TestScriptInterruptEndsCommandOnly(t *testing.T) {
	guardSIGINT(t)
	started := make(chan string, 4)
	run := startScript(t, t.Context(), testTable(func(name string) { started <- name }))
	if _, err := run.input.WriteString("start\nstop\nstart\nexit\n"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"start", "stop", "start"} {
		select {
		case name := <-started:
			if name != want {
				t.Fatalf("%s runs, want %s", name, want)
			}
		case <-time.After(patience):
			t.Fatalf("%s does not run", want)
		}
		if want == "start" {
			if err := unix.Kill(os.Getpid(), unix.SIGINT); err != nil {
				t.Fatal(err)
			}
		}
	}
	if status := run.end(t); status != StatusOK {
		t.Errorf("status %d, want %d", status, StatusOK)
	}
	want := "started\nstopped by Ctrl-C\nstop []\nstarted\nstopped by Ctrl-C\nShutting down ...\n"
	if run.out.String() != want || run.err.Len() > 0 {
		t.Errorf("output %q, errors %q; want %q and none", run.out.String(), run.err.String(), want)
	}
}

func TestScriptInterruptWhileWaiting(t *testing.T) {
	guardSIGINT(t)
	run := startScript(t, t.Context(), testTable(nil))
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for {
		select {
		case status := <-run.status:
			if status != StatusFailed {
				t.Errorf("status %d, want %d", status, StatusFailed)
			}
			return
		case <-tick.C: // the shell may not wait yet
			if err := unix.Kill(os.Getpid(), unix.SIGINT); err != nil {
				t.Fatal(err)
			}
		case <-deadline:
			t.Fatal("Ctrl-C does not end a script that waits")
		}
	}
}

func TestScriptContext(t *testing.T) {
	t.Run("while waiting", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan string, 1)
		run := startScript(t, ctx, testTable(func(name string) { done <- name }))
		if _, err := run.input.WriteString("stop\nst"); err != nil {
			t.Fatal(err)
		}
		<-done
		cancel()
		if status := run.end(t); status != StatusOK {
			t.Errorf("status %d, want %d", status, StatusOK)
		}
		if run.err.Len() > 0 {
			t.Errorf("half a line was run: %s", run.err.String())
		}
	})
	t.Run("while a command runs", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		started := make(chan string, 1)
		run := startScript(t, ctx, testTable(func(name string) { started <- name }))
		if _, err := run.input.WriteString("start\nexit\n"); err != nil {
			t.Fatal(err)
		}
		<-started
		cancel()
		if status := run.end(t); status != StatusOK {
			t.Errorf("status %d, want %d", status, StatusOK)
		}
		if strings.Contains(run.out.String(), "Shutting") {
			t.Error("the script went on after the end of the context")
		}
	})
	t.Run("ended before", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		run := startScript(t, ctx, testTable(nil))
		if status := run.end(t); status != StatusOK {
			t.Errorf("status %d, want %d", status, StatusOK)
		}
	})
}
