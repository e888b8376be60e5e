package hoststat

import (
	"context"
	"errors"
	"net"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/godbus/dbus/v5"
)

// A bus is a connection to the system bus that reads no more than is allowed and
// whose calls end in time.
type bus struct {
	conn *dbus.Conn
	wire *wire
}

// maxAnswers bounds how many bytes the bus may send for one question.
const maxAnswers = 4 << 20

var errTooMuch = errors.New("the bus sends more than 4 MiB")

func dialBus(ctx context.Context, socket string) (*bus, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, err
	}
	w := &wire{Conn: conn}
	b := &bus{wire: w}
	b.begin(ctx)
	if b.conn, err = dbus.NewConn(w); err != nil {
		conn.Close()
		return nil, err
	}
	// The two steps of the greeting know no context.
	deadline, _ := ctx.Deadline()
	if err = w.SetDeadline(deadline); err == nil {
		err = b.conn.Auth([]dbus.Auth{dbus.AuthExternal(strconv.Itoa(os.Geteuid()))})
	}
	if err == nil {
		err = b.conn.Hello()
	}
	if err == nil {
		err = w.SetDeadline(time.Time{})
	}
	if err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

// begin allows for one question. Writing stops with the context.
func (b *bus) begin(ctx context.Context) {
	b.wire.allowed.Store(maxAnswers)
	if deadline, ok := ctx.Deadline(); ok {
		b.wire.SetWriteDeadline(deadline)
	}
}

func (b *bus) close() { b.conn.Close() }

// A wire counts what comes in. Others may send signals to every connection of
// the bus, also between our questions.
type wire struct {
	net.Conn
	allowed atomic.Int64
}

func (w *wire) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	if w.allowed.Add(-int64(n)) < 0 {
		return 0, errTooMuch
	}
	return n, err
}
