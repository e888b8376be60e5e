package peer

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// A stream is a connection that ends in time and gives so many bytes only,
// whatever the engine sets.
type stream struct {
	net.Conn
	of     *streams
	source netip.Addr
	came   bool   // another host has opened it
	head   []byte // was read already, and is read again
	end    time.Time
	taken  atomic.Int64 // bytes
	cut    atomic.Bool
	closed sync.Once
}

var errTooMuch = errors.New("read stream: more bytes than are allowed")

func (s *stream) Read(b []byte) (int, error) {
	if len(s.head) > 0 {
		n := copy(b, s.head)
		s.head = s.head[n:]
		return n, nil
	}
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
	return s.Conn.Close()
}
