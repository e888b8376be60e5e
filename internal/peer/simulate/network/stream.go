package network

import (
	"io"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"
)

// firstRetry is when a stream is tried again that nobody has answered; each time
// after that is twice as long, as in Linux.
const firstRetry = time.Second

// DialTimeout opens a stream. Where nobody answers it tries again until the time is
// up; at a node that is full or has ended it fails at once.
func (e *Endpoint) DialTimeout(address string, timeout time.Duration) (net.Conn, error) {
	if e.streams == nil {
		return nil, errMute
	}
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, e.failed("dial", nil, err)
	}
	begun := time.Now()
	for again := firstRetry; ; again *= 2 {
		other := e.network.find(to)
		switch mine, theirs := e.state(), other.state(); {
		case mine == alive && theirs == alive:
			return e.connect(other)
		case mine == alive && theirs == ended:
			return nil, e.failed("dial", net.TCPAddrFromAddrPort(to), syscall.ECONNREFUSED)
		}
		left := timeout - time.Since(begun)
		if left <= 0 {
			return nil, e.failed("dial", net.TCPAddrFromAddrPort(to), os.ErrDeadlineExceeded)
		}
		timer := time.NewTimer(min(again, left))
		select {
		case <-timer.C:
		case <-e.quit:
			timer.Stop()
			return nil, e.failed("dial", net.TCPAddrFromAddrPort(to), net.ErrClosed)
		}
	}
}

func (e *Endpoint) failed(op string, to net.Addr, err error) error {
	return &net.OpError{Op: op, Net: "tcp", Source: net.TCPAddrFromAddrPort(e.address), Addr: to, Err: err}
}

func (e *Endpoint) connect(other *Endpoint) (net.Conn, error) {
	there, back := newFlow(), newFlow()
	mine := &conn{end: e, other: other, in: back, out: there}
	theirs := &conn{end: other, other: e, in: there, out: back}
	if !e.keep(mine) || !other.keep(theirs) {
		there.reset()
		back.reset()
		return nil, e.failed("dial", theirs.LocalAddr(), syscall.ECONNRESET)
	}
	e.sent.stream()
	other.received.stream()
	select {
	case other.streams <- theirs:
		other.sent.stream()
		e.received.stream()
		return mine, nil
	default:
		other.losses.refused.Add(1)
		mine.Close()
		theirs.Close()
		return nil, e.failed("dial", theirs.LocalAddr(), syscall.ECONNREFUSED)
	}
}

// keep remembers a stream so that it can be broken, unless it is too late.
func (e *Endpoint) keep(c *conn) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.dead || e.closed {
		return false
	}
	if e.conns == nil {
		e.conns = make(map[*conn]struct{})
	}
	e.conns[c] = struct{}{}
	return true
}

func (e *Endpoint) forget(c *conn) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.conns, c)
}

// A conn is one end of a stream.
type conn struct {
	end, other *Endpoint
	in, out    *flow
}

func (c *conn) Read(b []byte) (int, error) {
	n, err := c.in.read(b)
	return n, c.wrap("read", err)
}

func (c *conn) Write(b []byte) (int, error) {
	n, err := c.out.write(b)
	c.end.sent.data(n)
	c.other.received.data(n)
	return n, c.wrap("write", err)
}

// Close ends both directions. What was written can still be read.
func (c *conn) Close() error {
	c.in.leave()
	c.out.end()
	c.end.forget(c)
	return nil
}

func (c *conn) LocalAddr() net.Addr  { return net.TCPAddrFromAddrPort(c.end.address) }
func (c *conn) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(c.other.address) }

func (c *conn) SetDeadline(t time.Time) error {
	c.in.readUntil(t)
	c.out.writeUntil(t)
	return nil
}

func (c *conn) SetReadDeadline(t time.Time) error {
	c.in.readUntil(t)
	return nil
}

func (c *conn) SetWriteDeadline(t time.Time) error {
	c.out.writeUntil(t)
	return nil
}

// wrap makes an error like those of package net; the end of a stream stays bare.
func (c *conn) wrap(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return c.end.failed(op, c.RemoteAddr(), err)
}
