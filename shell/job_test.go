package shell

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// childVariable makes the test program be a shell instead of a test.
const childVariable = "SHELL_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		os.Exit(childShell())
	}
	os.Exit(m.Run())
}

// childShell is what a tool does with this package.
func childShell() int {
	s, err := New(Config{
		Prompt:   "tool> ",
		Commands: testTable(nil),
		OnEOF:    func(s *Session) { s.Print("Terminating...\n") },
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return StatusFailed
	}
	status, err := s.Run(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return status
}

// startJob runs the shell in a session of its own, so that the keys of the
// console make signals.
func startJob(t *testing.T) (*console, *exec.Cmd) {
	t.Helper()
	c := openConsole(t)
	keepOutput(t, c)
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = c.slave, c.slave, c.slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return c, cmd
}

// keepOutput stops the terminal from throwing away what was printed and is not
// read yet whenever Ctrl-C is typed.
func keepOutput(t *testing.T, c *console) {
	t.Helper()
	fd := fdOf(c.slave)
	settings, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	must(t, err)
	settings.Lflag |= unix.NOFLSH
	must(t, unix.IoctlSetTermios(fd, unix.TCSETS, settings))
}

func TestJobKeys(t *testing.T) {
	c, cmd := startJob(t)
	c.untilLast(t, "tool>")
	c.typeKeys(t, "sta\t")
	c.untilLast(t, "tool> start")
	c.typeKeys(t, "\r")
	c.untilEnd(t, "tool> start", "started")
	c.typeKeys(t, "\x03")
	c.untilEnd(t, "started", "^Cstopped by Ctrl-C", "tool>")
	c.typeKeys(t, "half a line\x03")
	c.untilEnd(t, "tool> half a line", "tool>")
	c.typeKeys(t, "stop\r")
	c.untilEnd(t, "stop []", "tool>")
	c.typeKeys(t, "\x04")
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	c.untilEnd(t, "Terminating...")
}

// A Ctrl-C while a command runs does not end the shell, and the prompt returns
// each time.
func TestJobInterruptAgain(t *testing.T) {
	c, cmd := startJob(t)
	c.untilLast(t, "tool>")
	for i := range 3 {
		c.typeKeys(t, "start\r")
		c.until(t, "the start", func(screen string) bool {
			return strings.Count(screen, "tool> start\nstarted") > i
		})
		c.typeKeys(t, "\x03\x03")
		c.until(t, "the prompt", func(screen string) bool {
			return strings.Count(screen, "stopped by Ctrl-C") > i && strings.HasSuffix(screen, "\ntool>")
		})
	}
	c.typeKeys(t, "exit\r")
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
}

// After the process was stopped and another program has set the terminal to its
// liking, the prompt works again.
func TestPromptContinues(t *testing.T) {
	run := startPrompt(t, Config{})
	run.untilLast(t, "tool>")
	run.typeKeys(t, "st")
	run.untilLast(t, "tool> st")
	fd := fdOf(run.slave)
	settings, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	must(t, err)
	settings.Lflag |= unix.ICANON | unix.ECHO
	must(t, unix.IoctlSetTermios(fd, unix.TCSETS, settings))
	run.shellSignal(t, unix.SIGCONT)
	for deadline := time.Now().Add(patience); settings.Lflag&unix.ICANON != 0; time.Sleep(time.Millisecond) {
		settings, err = unix.IoctlGetTermios(fd, unix.TCGETS)
		must(t, err)
		if time.Now().After(deadline) {
			t.Fatal("the terminal is not set to raw mode again")
		}
	}
	run.typeKeys(t, "op\r")
	run.untilEnd(t, "tool> stop", "stop []", "tool>")
	run.typeKeys(t, "\x04")
	run.end(t)
}
