package shell

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// errInterrupted says that Ctrl-C came while an input had nothing to read.
var errInterrupted = errors.New("interrupted")

// An input reads a file such that a read that waits can be ended. The standard
// library can do so only for files in non-blocking mode, and standard input is
// shared with other processes that would not expect it.
type input struct {
	file  *os.File
	fd    int
	event int // eventfd that wakes a read

	stopped     atomic.Bool
	poked       atomic.Bool
	interrupted atomic.Bool
}

func newInput(file *os.File) (*input, error) {
	in := &input{file: file}
	conn, err := file.SyscallConn()
	if err == nil {
		err = conn.Control(func(fd uintptr) { in.fd = int(fd) })
	}
	if err != nil {
		return nil, fmt.Errorf("open input: %w", err)
	}
	in.event, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("open input: eventfd: %w", err)
	}
	return in, nil
}

// Read waits for bytes of the file. It returns io.EOF after stop and
// errInterrupted after interrupt.
func (in *input) Read(p []byte) (int, error) {
	n, _, err := in.next(p, false)
	return n, err
}

// next is Read that also ends, with poked set, when poke was called and
// acceptPoke is set.
func (in *input) next(p []byte, acceptPoke bool) (n int, poked bool, err error) {
	for {
		if in.stopped.Load() {
			return 0, false, io.EOF
		}
		if acceptPoke && in.poked.Swap(false) {
			return 0, true, nil
		}
		fds := []unix.PollFd{
			{Fd: int32(in.fd), Events: unix.POLLIN},
			{Fd: int32(in.event), Events: unix.POLLIN},
		}
		if _, err := unix.Poll(fds, -1); err != nil && err != unix.EINTR {
			return 0, false, fmt.Errorf("wait for input: %w", err)
		}
		if fds[1].Revents != 0 {
			var count [8]byte
			_, _ = unix.Read(in.event, count[:])
		}
		if fds[0].Revents != 0 && !in.stopped.Load() {
			n, err := in.readNow(p)
			if n > 0 || err != nil {
				return n, false, err
			}
		} else if in.interrupted.Swap(false) {
			return 0, false, errInterrupted
		}
	}
}

// readNow reads without waiting; it returns nothing when there is nothing.
func (in *input) readNow(p []byte) (int, error) {
	n, err := unix.Read(in.fd, p)
	switch {
	case err == unix.EINTR || err == unix.EAGAIN:
		return 0, nil
	case err == unix.EIO: // the terminal has been hung up
		return 0, io.EOF
	case err != nil:
		return 0, fmt.Errorf("read input: %w", err)
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

// stop makes reads return io.EOF from now on.
func (in *input) stop() { in.raise(&in.stopped) }

// poke makes one read that accepts it return.
func (in *input) poke() { in.raise(&in.poked) }

// interrupt makes one read that finds no bytes return errInterrupted.
func (in *input) interrupt() { in.raise(&in.interrupted) }

func (in *input) raise(flag *atomic.Bool) {
	flag.Store(true)
	_, _ = unix.Write(in.event, binary.NativeEndian.AppendUint64(nil, 1))
}

// close gives the descriptor back. The file stays open; nothing may read,
// stop, poke or interrupt any more.
func (in *input) close() {
	_ = unix.Close(in.event)
}
