package rrdcached

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
)

// A session is one connection.
type session struct {
	conn    net.Conn
	reader  *bufio.Reader
	timeout time.Duration
	release func() bool
}

// dial connects. When ctx is done, what waits on the connection fails at most
// grace later.
func dial(ctx context.Context, c *Config) (*session, error) {
	network, address, err := c.target()
	if err != nil {
		return nil, err
	}
	dialer := net.Dialer{Timeout: c.Timeout}
	conn, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	s := &session{conn: conn, reader: bufio.NewReaderSize(conn, maxLine), timeout: c.Timeout}
	s.release = context.AfterFunc(ctx, func() { conn.SetDeadline(time.Now().Add(grace)) })
	return s, nil
}

// grace is what is left to say good bye.
const grace = time.Second

func (s *session) close() {
	s.release()
	s.conn.Close()
}

// batch runs commands and returns those that failed. Any error ends the
// session.
func (s *session) batch(ctx context.Context, commands []string) ([]failure, error) {
	if ctx.Err() == nil {
		s.conn.SetDeadline(time.Now().Add(s.timeout))
		if ctx.Err() != nil { // it can have been set meanwhile
			s.conn.SetDeadline(time.Now().Add(grace))
		}
	}
	a, err := s.ask("BATCH\n")
	if err != nil {
		return nil, err
	}
	if a.code != 0 {
		return nil, fmt.Errorf("batch refused: %.200s", a.text)
	}
	if a, err = s.ask(strings.Join(commands, "\n") + "\n.\n"); err != nil {
		return nil, err
	}
	if a.code < 0 {
		return nil, fmt.Errorf("batch failed: %.200s", a.text)
	}
	return a.failures(len(commands))
}

func (s *session) ask(text string) (answer, error) {
	if _, err := s.conn.Write([]byte(text)); err != nil {
		return answer{}, err
	}
	a, err := readAnswer(s.reader)
	if err == nil && s.reader.Buffered() > 0 {
		err = errors.New("more answers than questions")
	}
	return a, err
}
