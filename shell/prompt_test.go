package shell

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A promptRun is a shell on a console.
type promptRun struct {
	*console
	shell *Shell
	ended chan error
}

func startPrompt(t *testing.T, config Config) *promptRun {
	t.Helper()
	return startPromptContext(t, t.Context(), config)
}

func startPromptContext(t *testing.T, ctx context.Context, config Config) *promptRun {
	t.Helper()
	run := &promptRun{console: openConsole(t), ended: make(chan error, 1)}
	if config.Commands == nil {
		config.Commands = testTable(nil)
	}
	config.Prompt, config.In, config.Out, config.Err = "tool> ", run.slave, run.slave, run.slave
	var err error
	if run.shell, err = New(config); err != nil {
		t.Fatal(err)
	}
	if !run.shell.Session().Interactive() {
		t.Fatal("the shell does not see the terminal")
	}
	go func() {
		status, err := run.shell.Run(ctx)
		if err == nil && status != StatusOK {
			err = fmt.Errorf("status %d", status)
		}
		run.ended <- err
	}()
	return run
}

// end waits for the end of Run and checks that nothing is left of it.
func (run *promptRun) end(t *testing.T) {
	t.Helper()
	select {
	case err := <-run.ended:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(patience):
		t.Fatalf("the shell does not end; it shows\n%s", run.emulator.text())
	}
	if settings, err := unix.IoctlGetTermios(fdOf(run.slave), unix.TCGETS); err != nil || settings.Lflag&unix.ICANON == 0 {
		t.Errorf("terminal is left in raw mode (%v)", err)
	}
	deadline := time.Now().Add(patience)
	for {
		stacks := make([]byte, 1<<20)
		text := string(stacks[:runtime.Stack(stacks, true)])
		if !strings.Contains(text, "chzyer/readline.") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("goroutines of the line editor are left:\n%s", text)
		}
		time.Sleep(time.Millisecond)
	}
}

func TestPromptRunsCommands(t *testing.T) {
	run := startPrompt(t, Config{})
	run.untilLast(t, "tool>")
	run.typeKeys(t, "stop\r")
	run.untilEnd(t, "tool> stop", "stop []", "tool>")
	run.typeKeys(t, "foo\r")
	run.untilEnd(t, `unknown command "foo"; type help for the list`, "tool>")
	run.typeKeys(t, "\r# nothing\r")
	run.untilEnd(t, "tool>", "tool> # nothing", "tool>")
	run.typeKeys(t, "exit\r")
	run.end(t)
	run.untilEnd(t, "tool> exit", "Shutting down ...")
}

func TestPromptCompletes(t *testing.T) {
	run := startPrompt(t, Config{})
	run.untilLast(t, "tool>")
	run.typeKeys(t, "set alertm\t")
	run.untilLast(t, "tool> set alertmode")
	run.typeKeys(t, "\t")
	run.untilEnd(t, "packet   summary", "tool> set alertmode")
	run.typeKeys(t, "p\t\r")
	run.untilEnd(t, "tool> set alertmode packet", `alertmode ["packet"]`, "tool>")
	run.typeKeys(t, "x\t\x15\x04")
	run.end(t)
}

// A terminal narrower than the choices must not harm.
func TestPromptNarrow(t *testing.T) {
	run := startPrompt(t, Config{})
	run.setWidth(t, 5)
	run.shellSignal(t, unix.SIGWINCH)
	run.untilLast(t, "tool>")
	run.typeKeys(t, "set a\t\t\t")
	run.until(t, "the choices", func(screen string) bool {
		return strings.Contains(screen, "a-very-long-setting-name\nalertlimit\nalertmode")
	})
	run.typeKeys(t, "\x15\x04")
	run.end(t)
}

// shellSignal sends a signal to the process that the shell runs in.
func (run *promptRun) shellSignal(t *testing.T, sig unix.Signal) {
	t.Helper()
	if err := unix.Kill(os.Getpid(), sig); err != nil {
		t.Fatal(err)
	}
}

func TestPromptKeys(t *testing.T) {
	run := startPrompt(t, Config{OnEOF: func(s *Session) { s.Print("Terminating...\n") }})
	run.untilLast(t, "tool>")
	run.typeKeys(t, "\x12") // Ctrl-R without a history
	run.typeKeys(t, "\x00\x1a\x16\x11\x0f")
	run.typeKeys(t, "\x1b[3~") // the Delete key in an empty line
	run.typeKeys(t, "foo\x03") // Ctrl-C
	run.untilEnd(t, "tool> foo", "tool>")
	run.typeKeys(t, "s\x14\x14Xop\x01\x06\x1b[3~") // the Delete key on the X
	run.untilLast(t, "tool> sop")
	run.typeKeys(t, "t\n")
	run.untilEnd(t, "tool> foo", "tool> stop", "stop []", "tool>")
	run.typeKeys(t, "\x1b[A\x10\r") // the previous line again
	run.untilEnd(t, "tool> stop", "stop []", "tool> stop", "stop []", "tool>")
	run.typeKeys(t, "\x12st") // Ctrl-R
	run.untilEnd(t, "tool> stop", "bck-i-search: st")
	run.typeKeys(t, "\r")
	run.untilEnd(t, "tool> stop", "stop []", "tool> stop", "stop []", "tool> stop", "stop []", "tool>")
	run.typeKeys(t, "\x04")
	run.end(t)
	run.untilEnd(t, "Terminating...")
}

func TestPromptInterruptsCommand(t *testing.T) {
	guardSIGINT(t)
	started := make(chan string, 1)
	run := startPrompt(t, Config{Commands: testTable(func(name string) { started <- name })})
	run.untilLast(t, "tool>")
	run.typeKeys(t, "start\r")
	<-started
	run.shellSignal(t, unix.SIGINT)
	run.untilEnd(t, "tool> start", "started", "stopped by Ctrl-C", "tool>")
	run.shellSignal(t, unix.SIGINT) // at the prompt: nothing
	run.typeKeys(t, "exit\r")
	run.end(t)
	if strings.Contains(run.emulator.text(), "canceled") {
		t.Errorf("the end of a command by Ctrl-C is told as an error:\n%s", run.emulator.text())
	}
}

func TestPromptEndsWithContext(t *testing.T) {
	eof := false
	ctx, cancel := context.WithCancel(t.Context())
	run := startPromptContext(t, ctx, Config{OnEOF: func(*Session) { eof = true }})
	run.untilLast(t, "tool>")
	run.typeKeys(t, "stop")
	run.untilLast(t, "tool> stop")
	cancel()
	run.end(t)
	if strings.Contains(run.emulator.text(), "stop []") || eof {
		t.Errorf("the end of the context runs the line (EOF %v):\n%s", eof, run.emulator.text())
	}
}

func TestPromptEndsWithTerminal(t *testing.T) {
	ran := make(chan string, 1)
	run := startPrompt(t, Config{Commands: testTable(func(name string) { ran <- name })})
	run.untilLast(t, "tool>")
	run.typeKeys(t, "stop")
	run.untilLast(t, "tool> stop")
	run.keyboard.Close()
	select {
	case err := <-run.ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Fatal("the shell outlives its terminal")
	}
	if len(ran) > 0 {
		t.Error("half a line was run")
	}
}

// Background output neither damages the line being typed nor gets lost, and
// nothing races.
func TestPromptBackground(t *testing.T) {
	const writers, each, times = 4, 50, 20
	run := startPrompt(t, Config{})
	run.untilLast(t, "tool>")
	session := run.shell.Session()
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				fmt.Fprintf(session.Out, "drop %d at %d\n", w, i)
			}
		})
	}
	for i := range times { // type, complete, recall and run meanwhile
		run.typeKeys(t, "sto\t\r")
		// Outside of raw mode Ctrl-C would discard what is typed ahead.
		run.until(t, "the prompt after stop", func(screen string) bool {
			return strings.Count(run.raw.String(), "stop []\r\n") > i && strings.HasSuffix(screen, "\ntool>")
		})
		run.typeKeys(t, "set alertmode \t\t\x03")
		run.typeKeys(t, "\x10\x0e\x12s\x07\x15")
	}
	wg.Wait()
	run.typeKeys(t, "foo\r")
	run.untilEnd(t, `unknown command "foo"; type help for the list`, "tool>")
	run.typeKeys(t, "\x04")
	run.end(t)
	if got := strings.Count(run.raw.String(), "stop []\r\n"); got != times {
		t.Errorf("%d commands ran, want %d", got, times)
	}
	for w := range writers {
		for i := range each {
			if line := fmt.Sprintf("drop %d at %d\r\n", w, i); strings.Count(run.raw.String(), line) != 1 {
				t.Errorf("line %q did not arrive once", line)
			}
		}
	}
}

// A line without its end waits until the prompt is gone.
func TestPromptBackgroundPartialLine(t *testing.T) {
	run := startPrompt(t, Config{})
	run.untilLast(t, "tool>")
	run.shell.Session().Print("one\ntw")
	run.untilEnd(t, "one", "tool>")
	run.shell.Session().Print("o\nthree")
	run.untilEnd(t, "one", "two", "tool>")
	run.typeKeys(t, "stop now\r")
	run.untilEnd(t, "tool> stop now", "threestop: takes no arguments", "usage: stop", "tool>")
	run.typeKeys(t, "\x04")
	run.end(t)
}

// Every line is whole, in order and not cut by the prompt when one goroutine
// writes while the user types.
func TestPromptBackgroundLines(t *testing.T) {
	const count = 200
	run := startPrompt(t, Config{})
	run.untilLast(t, "tool>")
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range count {
			run.shell.Session().Printf("drop number %d\n", i)
		}
	})
	for _, key := range strings.Repeat("0123456789", 5) {
		run.typeKeys(t, string(key))
	}
	wg.Wait()
	var want []string
	for i := range count {
		want = append(want, fmt.Sprintf("drop number %d", i))
	}
	run.untilEnd(t, append(want, "tool> "+strings.Repeat("0123456789", 5))...)
	run.typeKeys(t, "\x03\x04")
	run.end(t)
}

// Output without a line end is not wiped by the prompt.
func TestPromptAfterPartialLine(t *testing.T) {
	run := startPrompt(t, Config{Commands: []Command{{Name: "partial", Run: func(_ context.Context, s *Session, _ []string) error {
		s.Print("no end")
		return nil
	}}}})
	run.untilLast(t, "tool>")
	run.typeKeys(t, "partial\r")
	run.untilEnd(t, "tool> partial", "no end", "tool>")
	run.typeKeys(t, "\x04")
	run.end(t)
}

func TestPromptHistory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "history")
	for _, keys := range []string{"stop\r secret\rstop\r\rset alertlimit 1\r", "\x10\x10\r"} {
		run := startPrompt(t, Config{HistoryFile: path})
		run.untilLast(t, "tool>")
		run.typeKeys(t, keys)
		run.typeKeys(t, "exit\r")
		run.end(t)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// The second session recalls the line before "exit".
	if want := "stop\nset alertlimit 1\nexit\nset alertlimit 1\nexit\n"; string(data) != want {
		t.Errorf("history %q, want %q", data, want)
	}
}

func TestPromptHistoryRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "open")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	run := startPrompt(t, Config{HistoryFile: filepath.Join(dir, "history")})
	run.untilLast(t, "tool>")
	run.typeKeys(t, "stop\r")
	run.untilEnd(t, "tool> stop", "stop []", "tool>")
	run.typeKeys(t, "\x10\r")
	run.untilEnd(t, "tool> stop", "stop []", "tool> stop", "stop []", "tool>")
	run.typeKeys(t, "exit\r")
	run.end(t)
	if got := strings.Count(run.raw.String(), "history is not kept"); got != 1 {
		t.Errorf("%d warnings, want 1:\n%s", got, run.emulator.text())
	}
	if _, err := os.Stat(filepath.Join(dir, "history")); err == nil {
		t.Error("the history was written all the same")
	}
}
