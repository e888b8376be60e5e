package shell

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A console is a pseudo terminal and what it shows.
type console struct {
	keyboard *os.File // the master side
	slave    *os.File
	output   chan string
	emulator emulator
	raw      strings.Builder
}

// openConsole makes a pseudo terminal of 80 columns.
func openConsole(t *testing.T) *console {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo terminals here: %v", err)
	}
	t.Cleanup(func() { master.Close() })
	fd := fdOf(master)
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatalf("unlock pseudo terminal: %v", err)
	}
	n, err := unix.IoctlGetUint32(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatalf("get number of pseudo terminal: %v", err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo terminals here: %v", err)
	}
	t.Cleanup(func() { slave.Close() })
	c := &console{keyboard: master, slave: slave, output: make(chan string, 1024)}
	c.setWidth(t, 80)
	go func() {
		defer close(c.output)
		buf := make([]byte, 4096)
		for {
			n, err := master.Read(buf)
			if err != nil {
				return
			}
			c.output <- string(buf[:n])
		}
	}()
	return c
}

func (c *console) setWidth(t *testing.T, columns uint16) {
	t.Helper()
	size := &unix.Winsize{Row: 24, Col: columns}
	if err := unix.IoctlSetWinsize(fdOf(c.keyboard), unix.TIOCSWINSZ, size); err != nil {
		t.Fatalf("set size of terminal: %v", err)
	}
}

func (c *console) typeKeys(t *testing.T, keys string) {
	t.Helper()
	if _, err := c.keyboard.WriteString(keys); err != nil {
		t.Fatal(err)
	}
}

// until waits until the screen is as wanted.
func (c *console) until(t *testing.T, what string, wanted func(screen string) bool) {
	t.Helper()
	deadline := time.After(patience)
	for !wanted(c.emulator.text()) {
		select {
		case text, ok := <-c.output:
			if !ok {
				t.Fatalf("terminal closed before it shows %s; it shows\n%s", what, tail(c.emulator.text()))
			}
			c.raw.WriteString(text)
			c.emulator.write(text)
		case <-deadline:
			t.Fatalf("terminal does not show %s; it shows\n%s\nand got\n%q", what, tail(c.emulator.text()), tail(c.raw.String()))
		}
	}
}

// drain takes what the terminal has shown so far, so that it does not fill up.
func (c *console) drain() {
	for {
		select {
		case text := <-c.output:
			c.raw.WriteString(text)
			c.emulator.write(text)
		default:
			return
		}
	}
}

// tail is the end of a long text.
func tail(text string) string {
	return text[max(0, len(text)-2000):]
}

// untilLast waits until the last line of the screen is the given one.
func (c *console) untilLast(t *testing.T, line string) {
	t.Helper()
	c.until(t, fmt.Sprintf("%q as last line", line), func(screen string) bool {
		return screen == line || strings.HasSuffix(screen, "\n"+line)
	})
}

// untilEnd waits until the screen ends with the given lines.
func (c *console) untilEnd(t *testing.T, lines ...string) {
	t.Helper()
	want := strings.Join(lines, "\n")
	c.until(t, fmt.Sprintf("%q at the end", want), func(screen string) bool {
		return screen == want || strings.HasSuffix(screen, "\n"+want)
	})
}
