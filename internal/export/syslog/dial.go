package syslog

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// unackedTimeout is how long a peer may fail to acknowledge, or take no data,
// before the connection is given up.
const unackedTimeout = 30 * time.Second

func dialTCP(ctx context.Context, c Config, secure *tls.Config) (link, error) {
	d := net.Dialer{
		Timeout:         c.Timeout,
		Control:         giveUpInTime,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3},
	}
	conn, err := d.DialContext(ctx, "tcp", c.Address)
	if err != nil {
		return nil, bareDial(c, err)
	}
	s := newStream(conn, framing(c))
	if secure == nil {
		return s.start(conn), nil
	}
	secured := tls.Client(s.socket, secure)
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	before := time.Now()
	if err := secured.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, handshakeError(c, err)
	}
	s.start(secured)
	// With TLS 1.3 the server looks at our certificate after we are done. If it
	// does not like it, we shall know soon; what is sent meanwhile is lost.
	if err := s.settle(ctx, 2*time.Since(before)+200*time.Millisecond); err != nil {
		s.close()
		return nil, handshakeError(c, err)
	}
	return s, nil
}

// handshakeError names the cures, which the error of the handshake does not.
func handshakeError(c Config, err error) error {
	cure := ""
	var unknown *tls.CertificateVerificationError
	switch {
	case errors.As(err, &unknown) && c.TLS.CAFile == "":
		cure = "; give the CA's certificate with ?ca=FILE, or the name in the server's with ?name=NAME"
	case errors.As(err, &unknown):
		cure = "; is it the right CA, and the name in the server's certificate? Give that with ?name=NAME"
	}
	return fmt.Errorf("start TLS with %s: %w%s", c.Address, err, cure)
}

func giveUpInTime(_, _ string, raw syscall.RawConn) (err error) {
	if e := raw.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(unackedTimeout/time.Millisecond))
	}); e != nil {
		return e
	}
	return os.NewSyscallError("setsockopt", err)
}

func dialUnixStream(ctx context.Context, c Config) (link, error) {
	d := net.Dialer{Timeout: c.Timeout}
	conn, err := d.DialContext(ctx, "unix", c.Address)
	if err != nil {
		return nil, bareDial(c, err)
	}
	return newStream(conn, frameNUL).start(conn), nil
}
