package report

import (
	"io"
	"sync"
)

// spoolRoom is how many bytes wait at most.
const spoolRoom = 1 << 20

// A Spool writes in the background what is written to it. While the destination
// takes one piece the next ones gather, so that many small writes become few
// large ones under load, and none waits longer than the one before it takes.
// It may be used from several goroutines.
type Spool struct {
	to   io.Writer
	done chan struct{} // closed when all is written

	mu            sync.Mutex // guards what follows
	change        sync.Cond
	waiting, free []byte
	writing       bool
	closed        bool
	err           error // the first of the destination
}

// NewSpool returns a Spool that must be closed.
func NewSpool(to io.Writer) *Spool {
	s := &Spool{to: to, done: make(chan struct{})}
	s.change.L = &s.mu
	go func() {
		defer close(s.done)
		s.run()
	}()
	return s
}

func (s *Spool) run() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		for len(s.waiting) == 0 && !s.closed {
			s.change.Wait()
		}
		if len(s.waiting) == 0 {
			return
		}
		piece := s.waiting
		s.waiting, s.writing = s.free[:0], true
		s.mu.Unlock()
		_, err := s.to.Write(piece)
		s.mu.Lock()
		s.free, s.writing = piece, false
		if s.err == nil {
			s.err = err
		}
		s.change.Broadcast()
	}
}

// Write takes a copy of p. It blocks only while too much waits. Its error is
// that of an earlier write, or io.ErrClosedPipe after Close.
func (s *Spool) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.waiting) >= spoolRoom && s.err == nil && !s.closed {
		s.change.Wait()
	}
	switch {
	case s.err != nil:
		return 0, s.err
	case s.closed:
		return 0, io.ErrClosedPipe
	}
	if len(s.waiting) == 0 && !s.writing {
		s.change.Broadcast()
	}
	s.waiting = append(s.waiting, p...)
	return len(p), nil
}

// Flush waits until all is written, and returns the first error.
func (s *Spool) Flush() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.waiting) > 0 || s.writing {
		s.change.Wait()
	}
	return s.err
}

// Close writes what waits and returns the first error. It may be called twice.
func (s *Spool) Close() error {
	s.mu.Lock()
	s.closed = true
	s.change.Broadcast()
	s.mu.Unlock()
	<-s.done
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}
