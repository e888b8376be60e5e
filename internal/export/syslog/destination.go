package syslog

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"dropwatch/internal/export/logline"
	"dropwatch/internal/export/logline/datagram"
)

// A Destination sends records to a syslog daemon. It connects with the first
// record, and anew with the next one after an error. It is for one goroutine at a
// time, and meant to be behind a [logline.Queue].
type Destination struct {
	c    Config
	w    *writer
	tls  *tls.Config
	link link // nil when there is no connection
	// again was sent and acknowledged, and perhaps not read.
	again kept
}

// A link is a connection to a daemon.
type link interface {
	// deliver sends n messages and returns how many of them, counted from the
	// first, are delivered. message appends one of them.
	deliver(ctx context.Context, n int, message func(b []byte, i int) []byte) (int, error)
	close()
}

// New reads the files that the configuration names. It does not connect.
func New(c Config) (*Destination, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	c = c.withDefaults()
	d := &Destination{c: c, w: newWriter(c, os.Getpid())}
	if c.Network == TLS {
		var err error
		if d.tls, err = c.TLS.config(c.Address); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// Unconfirmed is true for UDP: what was sent may not arrive.
func (d *Destination) Unconfirmed() bool { return d.c.Network == UDP }

// Write sends records and waits until they are delivered, in the sense that the
// documentation of the package tells.
func (d *Destination) Write(ctx context.Context, records []logline.Record) (int, error) {
	old := d.link != nil
	n, err := d.deliver(ctx, records)
	if err == nil || !old || ctx.Err() != nil {
		return n, err
	}
	// A daemon that was restarted is no failure if it is there again.
	more, err := d.deliver(ctx, records[n:])
	return n + more, err
}

func (d *Destination) deliver(ctx context.Context, records []logline.Record) (int, error) {
	if d.link == nil {
		link, err := d.dial(ctx)
		if err != nil {
			return 0, err
		}
		d.link = link
		if s, ok := link.(*stream); ok {
			s.first, d.again = d.again, kept{}
		}
	}
	n, err := d.link.deliver(ctx, len(records), func(b []byte, i int) []byte { return d.w.append(b, &records[i]) })
	if err != nil {
		d.hangUp()
	}
	return n, err
}

func (d *Destination) hangUp() {
	if s, ok := d.link.(*stream); ok {
		d.again = s.doubtful()
	}
	d.link.close()
	d.link = nil
}

// Close ends the connection. It may be called twice. Its error tells if the last
// connection was reset, so that lines which count as delivered may be lost.
func (d *Destination) Close() error {
	if d.link != nil {
		d.hangUp()
	}
	if n := d.again.messages(); n > 0 {
		d.again = kept{}
		return fmt.Errorf("close %s: up to %d of the lines sent may not have been read", d.c.Address, n)
	}
	return nil
}

func (d *Destination) dial(ctx context.Context) (link, error) {
	switch d.c.Network {
	case UDP:
		return dialUDP(ctx, d.c)
	case TCP:
		return dialTCP(ctx, d.c, nil)
	case TLS:
		return dialTCP(ctx, d.c, d.tls)
	}
	socket, err := datagram.Dial(d.c.Address)
	switch {
	case errors.Is(err, datagram.ErrStream):
		return dialUnixStream(ctx, d.c)
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w; start a syslog daemon, or give the path of its socket with syslog+unix:///PATH", err)
	case err != nil:
		return nil, err
	}
	return &unixDatagrams{socket: socket}, nil
}

// unixDatagrams is the socket of a daemon of this host.
type unixDatagrams struct {
	socket *datagram.Socket
	b      []byte
}

func (u *unixDatagrams) deliver(ctx context.Context, n int, message func([]byte, int) []byte) (int, error) {
	return u.socket.Deliver(ctx, n, func(i int) ([]byte, error) {
		u.b = message(u.b[:0], i)
		return u.b, nil
	})
}

func (u *unixDatagrams) close() { u.socket.Close() }
