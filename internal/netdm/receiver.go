package netdm

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/mdlayher/genetlink"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// A socket that alerts arrive at: a netlink socket, in tests one end of a pair.
type socket interface {
	SyscallConn() (syscall.RawConn, error)
	SetReadDeadline(time.Time) error
	JoinGroup(group uint32) error
	LeaveGroup(group uint32) error
	Close() error
}

const defaultReceiveBuffer = 32 << 20

// dialEvents opens the socket for alerts. It is apart from the one for
// requests, so that a flood of alerts hides no answer.
func dialEvents(config Config) (socket, error) {
	conn, err := genetlink.Dial(&netlink.Config{NetNS: config.NetNS})
	if err != nil {
		return nil, fmt.Errorf("open netlink socket: %w", err)
	}
	bytes := config.ReceiveBuffer
	if bytes == 0 {
		bytes = defaultReceiveBuffer
	}
	// This tries SO_RCVBUFFORCE before SO_RCVBUF.
	if err := conn.SetReadBuffer(bytes); err != nil {
		return nil, errors.Join(fmt.Errorf("set netlink receive buffer: %w", err), conn.Close())
	}
	return conn, nil
}

// A receiver reads alerts in batches.
type receiver struct {
	socket socket
	raw    syscall.RawConn
	left   bool // the group: what is queued is all that will ever come
	drops  socketDrops

	batch   *batch
	receive func(fd uintptr, b *batch) (int, error)
	family  uint16
	alert   Alert

	// result of the last system call
	n   int
	err error
	try func(fd uintptr)
	get func(fd uintptr) bool

	idle func() // called before it waits; may be nil

	undecoded uint64
	fault     error // of the first undecoded message
}

func newReceiver(s socket, family uint16, idle func()) (*receiver, error) {
	raw, err := s.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("reach netlink socket: %w", err)
	}
	r := &receiver{socket: s, raw: raw, left: true, family: family, batch: newBatch(), receive: receiveBatch, idle: idle}
	// Made once, because each making allocates.
	r.try = func(fd uintptr) { r.n, r.err = r.receive(fd, r.batch) }
	r.get = func(fd uintptr) bool {
		r.try(fd)
		if !errors.Is(r.err, unix.EAGAIN) {
			return true
		}
		if r.idle != nil {
			r.idle()
		}
		return false
	}
	return r, nil
}

// run delivers alerts until the deadline or a wake. It ends only between
// batches; after the group was left it ends when all is delivered.
func (r *receiver) run(deadline time.Time, wake *wake, yield func(*Alert)) error {
	if err := wake.arm(r.socket, deadline); err != nil {
		return fmt.Errorf("set deadline of netlink socket: %w", err)
	}
	for woken := false; ; {
		woken = wake.take() || woken
		over := woken || !deadline.IsZero() && !time.Now().Before(deadline)
		if err := r.read(!over && !r.left); err != nil {
			return fmt.Errorf("receive drop alerts: %w", err)
		}
		empty := errors.Is(r.err, unix.EAGAIN)
		switch {
		case r.err == nil:
			r.deliver(yield)
		case empty, errors.Is(r.err, unix.EINTR):
		case errors.Is(r.err, unix.ENOBUFS):
			// Alerts found no room; how many, the socket counts.
		default:
			return fmt.Errorf("receive drop alerts: %w", r.err)
		}
		if r.left && empty || over && !r.left {
			return nil
		}
	}
}

// read gets a batch, and waits for it if it may. No data is EAGAIN in r.err.
func (r *receiver) read(wait bool) error {
	r.n, r.err = 0, nil
	if !wait {
		return r.raw.Control(r.try)
	}
	err := r.raw.Read(r.get)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		r.n, r.err = 0, unix.EAGAIN
		return nil
	}
	return err
}

func (r *receiver) deliver(yield func(*Alert)) {
	for i := range r.n {
		datagram, whole := r.batch.message(i)
		if !whole {
			r.reject(errors.New("decode alert: message is too long"))
			continue
		}
		for len(datagram) > 0 {
			rest, ok, err := r.alert.decode(r.family, datagram)
			if err != nil {
				r.reject(err)
			}
			if ok {
				yield(&r.alert)
			}
			datagram = rest
		}
	}
}

func (r *receiver) reject(err error) {
	r.undecoded++
	if r.fault == nil {
		r.fault = err
	}
}

func (r *receiver) close() error {
	return errors.Join(r.drops.sample(r.raw), r.socket.Close())
}
