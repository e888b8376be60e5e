package peer

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// A stream is a connection that ends in time and gives so many bytes only,
// whatever the engine sets. It gives the engine one message, which is looked at
// before.
type stream struct {
	net.Conn
	of     *streams
	source netip.Addr
	came   bool   // another host has opened it
	heard  bool   // the message was read
	head   []byte // was read already, and is read again
	end    time.Time
	taken  atomic.Int64 // bytes
	cut    atomic.Bool
	closed sync.Once
	slot   atomic.Bool // holds one of those for push/pull
}

var (
	errTooMuch = errors.New("read stream: more bytes than are allowed")
	errUnfit   = errors.New("read stream: not what members send each other")
)

// Read gives the engine what came. An answer to this host is looked at when the
// engine wants it.
func (s *stream) Read(b []byte) (int, error) {
	if !s.heard {
		if _, err := s.hear(); err != nil {
			return 0, err
		}
	}
	if len(s.head) == 0 {
		return 0, io.EOF // a message, and then an answer at most
	}
	n := copy(b, s.head)
	if s.head = s.head[n:]; len(s.head) == 0 {
		s.head = nil
	}
	return n, nil
}

// pull reads what comes.
func (s *stream) pull(b []byte) (int, error) {
	room := s.of.limits.bytes - s.taken.Load()
	if s.came {
		room = min(room, s.of.limits.together-s.of.held.Load())
	}
	if room <= 0 || s.cut.Load() {
		s.noteCut()
		return 0, errTooMuch
	}
	n, err := s.Conn.Read(b[:min(int64(len(b)), room)])
	s.taken.Add(int64(n))
	if s.came {
		s.of.held.Add(int64(n))
		return n, err
	}
	return n, s.noteLate(err)
}

func (s *stream) Write(b []byte) (int, error) {
	n, err := s.Conn.Write(b)
	return n, s.noteLate(err)
}

func (s *stream) noteLate(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		s.noteCut()
	}
	return err
}

func (s *stream) noteCut() {
	if !s.cut.Swap(true) {
		s.of.counted.streamsCut.Add(1)
	}
}

// until is a deadline that is not beyond the end.
func (s *stream) until(t time.Time) time.Time {
	if t.IsZero() || t.After(s.end) {
		return s.end
	}
	return t
}

func (s *stream) SetDeadline(t time.Time) error      { return s.Conn.SetDeadline(s.until(t)) }
func (s *stream) SetReadDeadline(t time.Time) error  { return s.Conn.SetReadDeadline(s.until(t)) }
func (s *stream) SetWriteDeadline(t time.Time) error { return s.Conn.SetWriteDeadline(s.until(t)) }

func (s *stream) Close() error {
	s.closed.Do(func() {
		s.of.leave(s)
		if s.came {
			s.of.held.Add(-s.taken.Load())
		}
	})
	if s.slot.Swap(false) {
		<-s.of.pushPulls
	}
	return s.Conn.Close()
}
