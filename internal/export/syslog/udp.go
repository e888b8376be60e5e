package syslog

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// udp sends datagrams, and hears of those that a host on the way refuses.
type udp struct {
	conn *net.UDPConn
	raw  syscall.RawConn
	b    []byte
	// tried is set when the first datagram has brought no error back in time.
	tried bool
}

// udpTrial is how long to wait for an error after the first datagram of a
// connection. Without it a whole batch would go to a port where nobody listens
// before the first error is back.
const udpTrial = 250 * time.Millisecond

func dialUDP(ctx context.Context, c Config) (link, error) {
	d := net.Dialer{Timeout: c.Timeout, Control: hearErrors}
	conn, err := d.DialContext(ctx, "udp", c.Address)
	if err != nil {
		return nil, bareDial(c, err)
	}
	u := &udp{conn: conn.(*net.UDPConn)}
	if u.raw, err = u.conn.SyscallConn(); err != nil {
		conn.Close()
		return nil, err
	}
	return u, nil
}

// hearErrors asks for all errors, also those of a local queue that is full.
func hearErrors(network, _ string, raw syscall.RawConn) (err error) {
	level, option := unix.IPPROTO_IP, unix.IP_RECVERR
	if network == "udp6" {
		level, option = unix.IPPROTO_IPV6, unix.IPV6_RECVERR
	}
	if e := raw.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), level, option, 1) }); e != nil {
		return e
	}
	return os.NewSyscallError("setsockopt", err)
}

// bareDial takes off what package net says around an error.
func bareDial(c Config, err error) error {
	var number syscall.Errno
	if errors.As(err, &number) {
		err = number
	}
	return fmt.Errorf("connect to %s: %w", c.Address, err)
}

// deliver counts what was sent. An error that comes back belongs to one of the
// datagrams before; it is counted as that of the last one, which is sent again.
func (u *udp) deliver(ctx context.Context, n int, message func([]byte, int) []byte) (int, error) {
	for i := range n {
		if ctx.Err() != nil {
			return i, ctx.Err()
		}
		u.b = message(u.b[:0], i)
		if _, err := u.conn.Write(u.b); err != nil {
			return max(i-1, 0), u.because(err)
		}
		if err := u.check(ctx); err != nil {
			return i, u.because(err)
		}
	}
	return n, nil
}

func (u *udp) because(err error) error {
	var number syscall.Errno
	if errors.As(err, &number) {
		err = number
	}
	return fmt.Errorf("send to %s: %w", u.conn.RemoteAddr(), err)
}

// check returns an error that came back.
func (u *udp) check(ctx context.Context) error {
	deadline := time.Now()
	if !u.tried {
		deadline = deadline.Add(udpTrial)
	}
	for {
		var number int
		var err error
		if e := u.raw.Control(func(fd uintptr) { number, err = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ERROR) }); e != nil {
			return e
		}
		switch {
		case err != nil:
			return err
		case number != 0:
			return syscall.Errno(number)
		case !time.Now().Before(deadline):
			u.tried = true
			return nil
		}
		if err := pause(ctx, 5*time.Millisecond); err != nil {
			return err
		}
	}
}

// pause waits, but not longer than the context lasts.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (u *udp) close() { u.conn.Close() }
