package logfile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"dropwatch/internal/export/logline"
)

// A Stream is a destination that writes to a file that is open already, such as
// standard output: a terminal, a pipe, or a file. It is for one goroutine at a
// time.
//
// When nobody reads the pipe any more, its error is [logline.ErrGone]. The Go
// runtime ends a program that writes to a closed standard output, so a program
// that has to tidy up must ignore SIGPIPE.
type Stream struct {
	file  *os.File
	e     logline.Encoder
	begun bool
	b     []byte
	ends  []int
	rest  []byte // of a line that was written in part
	owed  bool   // rest is of a record, and not of the header
}

// NewStream makes a destination of an open file, which it does not close.
func NewStream(file *os.File, e logline.Encoder) *Stream {
	return &Stream{file: file, e: e}
}

// pipeBytes is what a pipe that is ready takes without waiting.
const pipeBytes = 4096

// Write writes records. It waits while a pipe is full, until the context ends.
func (s *Stream) Write(ctx context.Context, records []logline.Record) (int, error) {
	done, err := s.finish(ctx)
	if err != nil {
		return 0, err
	}
	s.b, s.ends = s.b[:0], s.ends[:0]
	if !s.begun {
		s.b = s.e.AppendHeader(s.b)
	}
	header := len(s.b)
	for i := range records[done:] {
		s.b = s.e.AppendLine(s.b, &records[done+i])
		s.ends = append(s.ends, len(s.b))
	}
	n, err := s.write(ctx, s.b)
	return done + s.written(n, header), err
}

// written counts the lines that n bytes are, and keeps the rest of a line that was
// begun: what is in a pipe cannot be taken back.
func (s *Stream) written(n, header int) (lines int) {
	end := header
	for lines < len(s.ends) && s.ends[lines] <= n {
		lines++
	}
	switch {
	case n == 0:
		return 0
	case n >= header && lines < len(s.ends):
		end = s.ends[lines]
		s.owed = n > header && (lines == 0 || n > s.ends[lines-1])
	case n >= header:
		end = n
	}
	s.begun = true
	if n < header || s.owed {
		s.rest = append(s.rest[:0], s.b[n:end]...)
	}
	return lines
}

// finish writes what is left of a line. If it is that of a record, which is the
// first one now, it returns 1.
func (s *Stream) finish(ctx context.Context) (int, error) {
	n, err := s.write(ctx, s.rest)
	s.rest = s.rest[:copy(s.rest, s.rest[n:])]
	if err != nil || !s.owed {
		return 0, err
	}
	s.owed = false
	return 1, nil
}

// write writes in pieces that cannot block, so that it can end with the context.
func (s *Stream) write(ctx context.Context, b []byte) (n int, err error) {
	for n < len(b) {
		if err := s.wait(ctx); err != nil {
			return n, err
		}
		m, err := s.file.Write(b[n:min(n+pipeBytes, len(b))])
		n += m
		switch {
		case errors.Is(err, syscall.EPIPE):
			return n, fmt.Errorf("write %s: %w", s.file.Name(), logline.ErrGone)
		case err != nil:
			return n, fmt.Errorf("write log: %w", err)
		}
	}
	return n, nil
}

// wait waits until a write does not block. Files are always ready.
func (s *Stream) wait(ctx context.Context) error {
	const look = 100 * time.Millisecond
	fds := []unix.PollFd{{Fd: int32(s.file.Fd()), Events: unix.POLLOUT}}
	for ctx.Err() == nil {
		n, err := unix.Poll(fds, int(look/time.Millisecond))
		switch {
		case err == unix.EINTR:
		case err != nil:
			return fmt.Errorf("wait for %s: %w", s.file.Name(), err)
		case n > 0 && fds[0].Revents&unix.POLLERR != 0:
			return fmt.Errorf("write %s: %w", s.file.Name(), logline.ErrGone)
		case n > 0:
			return nil
		}
	}
	return ctx.Err()
}

// Close does nothing: the file belongs to the caller.
func (s *Stream) Close() error { return nil }
