package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// script gives the child a pipe to read commands from.
func script(t *testing.T) (write *os.File, change func(*exec.Cmd)) {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { read.Close(); write.Close() })
	return write, func(c *exec.Cmd) { c.Stdin = read }
}

func say(t *testing.T, f *os.File, text string) {
	t.Helper()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

// A script for the C program gets the lines of the C program.
func TestRootShellScript(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	input, change := script(t)
	c := launch(t, change, "-l", "kas")
	say(t, input, fmt.Sprintf("filter netns == %q\nset interval 50ms\nstart\n", l.name))
	c.attached(t)
	l.drop(t, 10)
	line := regexp.MustCompile(`(?m)^10 drops at __udp4_lib_rcv\+[0-9a-f]+ \(0x[0-9a-f]+\) \[software\] NO_SOCKET peer ` + l.name + `:lo IPv4 UDP$`)
	c.until(t, "the line of the drops", func() bool { return line.MatchString(c.out.String()) })
	c.signal(t, syscall.SIGINT)
	c.until(t, "the end of the watch", func() bool { return strings.Contains(c.out.String(), "Got a stop message\n") })
	say(t, input, "stop\nstats\nsummary\nexit\n")
	c.wait(t, 0)
	want := strings.Join([]string{
		"Initializing kallsyms db",
		"Enabling monitoring...",
		"Kernel monitoring activated.",
		"Issue Ctrl-C to stop monitoring",
		line.FindString(c.out.String()),
		"Got a stop message",
		"Deactivation requested, turning off monitoring",
		"Got a stop message",
		"Getting statistics",
		"Software statistics:",
		"Tail dropped: 0",
		"Hardware statistics:",
		"Tail dropped: 0",
	}, "\n") + "\n"
	if got := c.out.String(); !strings.HasPrefix(got, want) || !strings.Contains(got, "10 packets dropped") || !strings.HasSuffix(got, "Shutting down ...\n") {
		t.Errorf("got\n%s\nwant\n%s... 10 packets dropped ... Shutting down ...", got, want)
	}
	if c.err.String() != "" {
		t.Errorf("standard error: %s", &c.err)
	}
}

func TestRootShellAlertLimit(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	for _, test := range []struct{ settings, line string }{
		{"set alertmode summary\n", `(?m)^\d+ drops at __udp4_lib_rcv`},
		{"set alertmode packet\n", `(?m)^drop at: __udp4_lib_rcv\+0x[0-9a-f]+/0x[0-9a-f]+ \(0x[0-9a-f]+\)\norigin: software\ninput port ifindex: 1\ntimestamp: .* nsec\nprotocol: 0x800\nlength: \d+\noriginal length: \d+\ndrop reason: NO_SOCKET\n`},
		{"set alertmode packet\nset format json\n", `(?m)^\{"schema":"dropwatch.packet.v1",`},
		{"set format text\n", `(?m)^\d\d:\d\d:\d\d +\d+ peer   NO_SOCKET`},
	} {
		input, change := script(t)
		c := launch(t, change)
		say(t, input, fmt.Sprintf("set alertlimit 1\nset interval 10ms\nfilter netns == %q\n%sstart\nexit\n", l.name, test.settings))
		c.attached(t)
		l.drop(t, 5)
		c.wait(t, 0)
		if got := len(regexp.MustCompile(test.line).FindAllString(c.out.String(), -1)); got != 1 {
			t.Errorf("%q: %d drops printed, want 1:\n%s", test.settings, got, &c.out)
		}
		if !strings.Contains(c.out.String(), "Alert limit reached, deactivating!\n") {
			t.Errorf("%q: no word of the limit:\n%s", test.settings, &c.out)
		}
	}
}

func TestRootShellTerminated(t *testing.T) {
	t.Parallel()
	needRoot(t)
	input, change := script(t)
	c := launch(t, change)
	say(t, input, "start\n")
	ids := c.attached(t)
	c.signal(t, syscall.SIGTERM)
	c.wait(t, 0)
	if !strings.HasSuffix(c.out.String(), "Got a stop message\nShutting down ...\n") {
		t.Errorf("output: %s", &c.out)
	}
	gone(t, ids)
}

// pseudoTerminal opens a terminal: what the test holds, and what a program does.
func pseudoTerminal(t *testing.T) (keyboard, screen *os.File) {
	t.Helper()
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo terminals here: %v", err)
	}
	t.Cleanup(func() { keyboard.Close() })
	fd := int(keyboard.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetUint32(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	screen, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { screen.Close() })
	return keyboard, screen
}

// follow reads what the child writes to its terminal, until the end.
func (c *child) follow(terminal *os.File) {
	for chunk := make([]byte, 4096); ; {
		n, err := terminal.Read(chunk)
		if err != nil {
			return
		}
		_, _ = c.out.Write(bytes.ReplaceAll(chunk[:n], []byte("\r"), nil))
	}
}

// terminalChild starts the shell on a pseudo terminal and returns the keyboard.
func terminalChild(t *testing.T) (*child, *os.File) {
	t.Helper()
	needRoot(t)
	keyboard, screen := pseudoTerminal(t)
	defer screen.Close()
	fd := int(keyboard.Fd())
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 50, Col: 200}); err != nil {
		t.Fatal(err)
	}
	// Ctrl-C would throw away what was printed and is not read yet.
	settings, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	settings.Lflag |= unix.NOFLSH
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, settings); err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	c := launch(t, func(c *exec.Cmd) {
		c.Stdin, c.Stdout, c.Stderr = screen, screen, screen
		c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
		c.Env = append(os.Environ(), "HOME="+home, "XDG_STATE_HOME="+home, "TERM=xterm")
	})
	go c.follow(keyboard)
	return c, keyboard
}

// shows waits until a text was printed a number of times.
func (c *child) shows(t *testing.T, text string, times int) {
	t.Helper()
	c.until(t, fmt.Sprintf("%q, %d times", text, times), func() bool { return strings.Count(c.out.String(), text) >= times })
}

func TestRootShellTerminal(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	c, keyboard := terminalChild(t)
	c.shows(t, "dropwatch> ", 1)
	say(t, keyboard, fmt.Sprintf("filter netns == %q\r", l.name))
	say(t, keyboard, "set interval 50ms\r")
	say(t, keyboard, "start\r")
	c.shows(t, "Kernel monitoring activated.", 1)
	c.attached(t)

	// drops appear while a line is being typed
	say(t, keyboard, "summ")
	c.shows(t, "summ", 1)
	l.drop(t, 25)
	c.shows(t, "25 drops at __udp4_lib_rcv", 1)
	say(t, keyboard, "ary\r")
	c.shows(t, "25 packets dropped", 1)

	say(t, keyboard, "start\r")
	c.shows(t, "monitoring is already active", 1)
	say(t, keyboard, "stop\r")
	c.shows(t, "Got a stop message", 1)

	// Ctrl-C ends the watch, not the shell
	say(t, keyboard, "start\r")
	c.shows(t, "Kernel monitoring activated.", 2)
	ids := c.attached(t)
	say(t, keyboard, "\x03")
	c.shows(t, "Got a stop message", 2)
	gone := func() bool { return len(c.programs()) == 0 }
	c.until(t, fmt.Sprintf("the end of %v", ids), gone)

	say(t, keyboard, "exit\r")
	c.wait(t, 0)
	// what it wrote last may still be on its way through the terminal
	eventually(t, "the farewell", func() bool { return strings.Contains(c.out.String(), "Shutting down ...") })
}

// Commands and Ctrl-C do not wait for the end of an interval.
func TestRootShellLongInterval(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	c, keyboard := terminalChild(t)
	c.shows(t, "dropwatch> ", 1)
	say(t, keyboard, fmt.Sprintf("filter netns == %q\rset interval 1h\rstart\r", l.name))
	c.attached(t)
	l.drop(t, 25)
	say(t, keyboard, "summary\r")
	c.shows(t, "25 packets dropped", 1)
	l.drop(t, 10)
	say(t, keyboard, "top\r")
	c.shows(t, "35 peer", 1)
	say(t, keyboard, "\x03")
	c.shows(t, "35 drops at __udp4_lib_rcv", 1)
	c.shows(t, "Got a stop message", 1)
	say(t, keyboard, "exit\r")
	c.wait(t, 0)
}

// SIGTERM at the prompt sets the terminal back.
func TestRootShellTerminalTerminated(t *testing.T) {
	t.Parallel()
	c, keyboard := terminalChild(t)
	before, err := unix.IoctlGetTermios(int(keyboard.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	c.shows(t, "dropwatch> ", 1)
	c.signal(t, syscall.SIGTERM)
	c.wait(t, 0)
	after, err := unix.IoctlGetTermios(int(keyboard.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	if after.Lflag&unix.ECHO == 0 || after.Lflag&unix.ICANON == 0 {
		t.Errorf("flags %#x, they were %#x", after.Lflag, before.Lflag)
	}
}
