package shell

import (
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// A tty is the terminal that the user sits at.
type tty struct {
	in, out int

	mu    sync.Mutex
	saved *unix.Termios // settings before raw mode; nil outside of it
}

// fdOf returns the descriptor of a file, or -1.
func fdOf(file any) int {
	fd := -1
	if f, ok := file.(*os.File); ok && f != nil {
		if conn, err := f.SyscallConn(); err == nil {
			_ = conn.Control(func(v uintptr) { fd = int(v) })
		}
	}
	return fd
}

func isTerminal(fd int) bool {
	if fd < 0 {
		return false
	}
	_, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	return err == nil
}

// makeRaw hands keys to the line editor one by one.
func (t *tty) makeRaw() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.saved != nil {
		return nil
	}
	saved, err := unix.IoctlGetTermios(t.in, unix.TCGETS)
	if err != nil {
		return fmt.Errorf("get terminal settings: %w", err)
	}
	if err := unix.IoctlSetTermios(t.in, unix.TCSETS, raw(*saved)); err != nil {
		return fmt.Errorf("set terminal to raw mode: %w", err)
	}
	t.saved = saved
	return nil
}

// raw derives the settings for line editing. Ctrl-C comes as a key, while
// Ctrl-Z keeps its meaning, so that the job control of the calling shell works.
// Output is left alone: a line feed still returns the carriage.
func raw(t unix.Termios) *unix.Termios {
	t.Iflag &^= unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
	t.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.IEXTEN
	t.Cc[unix.VINTR], t.Cc[unix.VQUIT] = 0, 0
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	return &t
}

// restore undoes makeRaw.
func (t *tty) restore() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.saved == nil {
		return nil
	}
	if err := unix.IoctlSetTermios(t.in, unix.TCSETS, t.saved); err != nil {
		return fmt.Errorf("restore terminal settings: %w", err)
	}
	t.saved = nil
	return nil
}

// resume sets raw mode again after the process was stopped: the shell that
// continued it may have changed the settings.
func (t *tty) resume() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.saved != nil {
		_ = unix.IoctlSetTermios(t.in, unix.TCSETS, raw(*t.saved))
	}
}

// width is the number of columns. The line editor divides by it and gives up
// some functions when it is zero, which serial lines report.
func (t *tty) width() int {
	size, err := unix.IoctlGetWinsize(t.out, unix.TIOCGWINSZ)
	if err != nil || size.Col == 0 {
		return 80
	}
	return max(int(size.Col), 20)
}
