package datagram

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A Socket is connected to a daemon's socket. It is for one goroutine at a time.
type Socket struct {
	// Large, if not nil, makes a file of a message that is too large for a
	// datagram; its descriptor is sent instead. The socket closes it.
	Large func(message []byte) (*os.File, error)

	path string
	conn *net.UnixConn
	raw  syscall.RawConn
	peer identity
	out  []int // lengths of the datagrams that were sent
	read int   // how many of these are known to be read
}

// identity tells sockets with the same path apart: a daemon that starts makes a
// new one.
type identity struct {
	device, inode uint64
	changed       unix.Timespec
}

// ErrStream is returned by Dial for a socket that takes streams.
var ErrStream = errors.New("not a datagram socket")

// errRestarted says that the socket is another one than we are connected to.
var errRestarted = fmt.Errorf("the daemon has ended: %w", syscall.ECONNREFUSED)

// Dial connects to the socket with that path. It does not wait.
func Dial(path string) (*Socket, error) {
	for range 3 {
		before, err := identify(path)
		if err != nil {
			return nil, err
		}
		conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
		switch {
		case errors.Is(err, syscall.EPROTOTYPE):
			return nil, fmt.Errorf("connect to %s: %w", path, ErrStream)
		case err != nil:
			return nil, fmt.Errorf("connect to %s: %w", path, bare(err))
		}
		raw, err := conn.SyscallConn()
		if err != nil {
			conn.Close()
			return nil, err
		}
		if after, err := identify(path); err == nil && after == before {
			return &Socket{path: path, conn: conn, raw: raw, peer: before}, nil
		}
		conn.Close()
	}
	return nil, fmt.Errorf("connect to %s: %w", path, errRestarted)
}

func identify(path string) (identity, error) {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return identity{}, &fs.PathError{Op: "find socket", Path: path, Err: err}
	}
	return identity{uint64(st.Dev), st.Ino, st.Ctim}, nil
}

// bare takes off what package net says around an error, which repeats the path.
func bare(err error) error {
	var number syscall.Errno
	if errors.As(err, &number) {
		return number
	}
	return err
}

// Close closes the socket. It may be called twice.
func (s *Socket) Close() error {
	err := s.conn.Close()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// confirmEvery is the number of datagrams after which it is looked which of them
// were read: at most so many, and those that are in the daemon's socket, are sent
// twice when a daemon dies.
const confirmEvery = 64

// Deliver sends n messages and waits until the daemon has read them, or the
// context ends. It returns how many were read for sure, counted from the first;
// after an error the socket is to be closed.
func (s *Socket) Deliver(ctx context.Context, n int, message func(i int) ([]byte, error)) (int, error) {
	s.out, s.read = s.out[:0], 0
	if err := s.conn.SetWriteDeadline(time.Time{}); err != nil {
		return 0, err
	}
	stop := context.AfterFunc(ctx, func() { s.conn.SetWriteDeadline(time.Unix(1, 0)) })
	defer stop()
	for i := range n {
		b, err := message(i)
		if err != nil {
			return s.read, err
		}
		length, err := s.send(b)
		if err != nil {
			return s.read, because(ctx, fmt.Errorf("send to %s: %w", s.path, bare(err)))
		}
		s.out = append(s.out, length)
		if i%confirmEvery == confirmEvery-1 {
			if err := s.confirm(); err != nil {
				return s.read, fmt.Errorf("send to %s: %w", s.path, err)
			}
		}
	}
	return s.wait(ctx)
}

// because prefers the reason why something was stopped.
func because(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// send sends one message and returns the length of the datagram. It waits while
// the daemon's socket is full.
func (s *Socket) send(b []byte) (int, error) {
	_, err := s.conn.Write(b)
	if s.Large == nil || !errors.Is(err, syscall.EMSGSIZE) {
		return len(b), err
	}
	file, err := s.Large(b)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	rights := unix.UnixRights(int(file.Fd()))
	// WriteMsgUnix refuses sockets that are connected.
	wait := s.raw.Write(func(fd uintptr) bool {
		err = unix.Sendmsg(int(fd), nil, rights, nil, unix.MSG_NOSIGNAL)
		return err != unix.EAGAIN
	})
	if wait != nil {
		return 0, wait
	}
	return 0, err
}

// wait waits until all was read. The kernel does not tell, so we look.
func (s *Socket) wait(ctx context.Context) (int, error) {
	const shortest, longest = 50 * time.Microsecond, 20 * time.Millisecond
	for pause := shortest; ; pause = min(2*pause, longest) {
		if err := s.confirm(); err != nil {
			return s.read, fmt.Errorf("send to %s: %w", s.path, err)
		}
		if s.read == len(s.out) {
			return s.read, nil
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return s.read, ctx.Err()
		}
	}
}
