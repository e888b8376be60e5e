package syslog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"
)

// A stream is a connection over which messages go one after the other. It knows
// which of them the other side's kernel has acknowledged, or with a Unix socket,
// which the other side has read.
type stream struct {
	socket *socket
	conn   net.Conn // the socket, or TLS over it
	frame  frame
	b      []byte
	single []byte
	marks  []mark
	ended  chan struct{} // the other side is gone; reason is set
	reason error
	broken bool // deliver has failed
	reset  bool // not all that was acknowledged may have been read
	first  kept // what to send before anything else, from an earlier connection
	sent   kept // TCP only: what was sent last
	before int  // how many chunks of that are from earlier deliveries
}

// A mark says that so many messages are delivered when the socket has delivered
// so many bytes.
type mark struct {
	bytes    int64
	messages int
}

// chunk is how much is written at once. It is what TLS puts into a record.
const chunk = 16 << 10

func newStream(conn net.Conn, f frame) *stream {
	return &stream{socket: &socket{Conn: conn}, frame: f, ended: make(chan struct{})}
}

// start begins to watch for the end of the connection. Syslog daemons send
// nothing, but TLS does, and has to be read.
func (s *stream) start(conn net.Conn) *stream {
	s.conn = conn
	if s.conn == s.socket.Conn {
		s.conn = s.socket
	}
	go func() {
		_, err := io.Copy(io.Discard, readOnly{s.conn})
		if err == nil {
			err = errEnded
		}
		s.reason = err
		close(s.ended)
	}()
	return s
}

// readOnly hides the other methods of a connection from io.Copy, which must not
// splice past TLS or our socket.
type readOnly struct{ io.Reader }

var errEnded = errors.New("the daemon has closed the connection")

func (s *stream) close() {
	if s.broken {
		s.socket.Close() // TLS would wait to say good-bye
	} else {
		s.conn.Close()
	}
	<-s.ended
}

// settle waits for a while whether the other side ends the connection.
func (s *stream) settle(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-s.ended:
		return s.reason
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// deliver sends messages and waits until they are acknowledged.
func (s *stream) deliver(ctx context.Context, n int, message func([]byte, int) []byte) (int, error) {
	s.marks, s.before = s.marks[:0], len(s.sent.chunks)
	if n == 0 {
		return 0, nil
	}
	if err := s.conn.SetWriteDeadline(time.Time{}); err != nil {
		return 0, err
	}
	stop := context.AfterFunc(ctx, func() { s.conn.SetWriteDeadline(time.Unix(1, 0)) })
	defer stop()
	err := s.sendFirst()
	if err == nil {
		err = s.send(n, message)
	}
	if err == nil {
		err = s.wait(ctx)
	}
	if err == nil {
		s.first = kept{}
		s.sent.trim(s.socket.window())
		return n, nil
	}
	return s.failed(ctx, err)
}

// sendFirst sends what an earlier connection may not have delivered.
func (s *stream) sendFirst() error {
	for _, c := range s.first.chunks {
		if err := s.write(c.b, c.messages, 0); err != nil {
			return err
		}
	}
	return nil
}

// doubtful is what to send again on the next connection, apart from what Write will
// be given again.
func (s *stream) doubtful() kept {
	switch {
	case len(s.first.chunks) > 0:
		return s.first
	case s.reset:
		return kept{chunks: s.sent.chunks[:s.before]}
	}
	return kept{}
}

// failed finds out what was delivered all the same, and why it ended. That is
// told only once, to whoever comes first: to the reader, to Write, or to us.
func (s *stream) failed(ctx context.Context, err error) (int, error) {
	s.broken = true
	delivered := s.delivered()
	if ctx.Err() != nil {
		return delivered, ctx.Err()
	}
	err = errors.Join(err, s.socket.reason)
	var why error
	select {
	case <-s.ended:
		why = s.reason
		err = errors.Join(err, why)
	case <-time.After(10 * time.Millisecond):
	}
	switch {
	case errors.Is(err, syscall.ECONNRESET):
		err = syscall.ECONNRESET
	case why != nil:
		err = why
	case errors.Is(err, syscall.EPIPE):
		err = errEnded
	}
	if s.socket.isTCP() && !errors.Is(err, errEnded) {
		s.reset, delivered = true, 0
	}
	return delivered, fmt.Errorf("send to %s: %w", s.socket.name(), bare(err))
}

// bare takes off what package net says around an error.
func bare(err error) error {
	var number syscall.Errno
	if errors.As(err, &number) {
		return number
	}
	return err
}

// send writes messages in chunks.
func (s *stream) send(n int, message func([]byte, int) []byte) error {
	s.b = s.b[:0]
	done := 0
	for i := range n {
		s.single = message(s.single[:0], i)
		s.b = s.frame(s.b, s.single)
		if len(s.b) < chunk && i < n-1 {
			continue
		}
		if err := s.write(s.b, i+1-done, i+1); err != nil {
			return err
		}
		s.b, done = s.b[:0], i+1
	}
	return nil
}

// write writes a chunk with so many messages, and marks how many messages of this
// delivery are done with it.
func (s *stream) write(b []byte, messages, done int) error {
	if s.socket.dead() {
		return errEnded
	}
	if _, err := s.conn.Write(b); err != nil {
		return err
	}
	s.marks = append(s.marks, mark{s.socket.written.Load(), done})
	if s.socket.isTCP() {
		s.sent.add(b, messages)
	}
	return nil
}

// wait waits until all is acknowledged. The kernel does not tell, so we look.
func (s *stream) wait(ctx context.Context) error {
	const shortest, longest = 50 * time.Microsecond, 20 * time.Millisecond
	all := s.marks[len(s.marks)-1].messages
	for d := shortest; ; d = min(2*d, longest) {
		if s.delivered() == all {
			return nil
		}
		if s.socket.dead() {
			return errEnded
		}
		select {
		case <-s.ended:
			return s.reason
		default:
		}
		if err := pause(ctx, d); err != nil {
			return err
		}
	}
}

// delivered is how many messages of this delivery were acknowledged.
func (s *stream) delivered() (n int) {
	acknowledged := s.socket.acknowledged()
	for _, m := range s.marks {
		if m.bytes > acknowledged {
			break
		}
		n = m.messages
	}
	return n
}
