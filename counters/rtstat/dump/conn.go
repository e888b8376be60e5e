package dump

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/mdlayher/netlink"
)

const (
	// The kernel fills messages of a dump up to the room that the reader has,
	// but not above 32 KiB.
	bufferBytes = 64 << 10
	// An answer comes at once. It is late only if something is badly wrong.
	patience = 5 * time.Second
	// attempts is how often Collect reads a table that keeps changing.
	attempts = 5
)

// ErrInterrupted is returned for a table that changed while it was read, so
// that some rows may be there twice or not at all.
var ErrInterrupted = errors.New("the table changed while it was read")

// A Conn is one netlink socket. It is for one goroutine at a time; only Close
// may be called from another one.
type Conn struct {
	socket   socket
	raw      syscall.RawConn
	closed   atomic.Bool
	sequence uint32
	buffer   []byte
	request  []byte
}

// A socket is that of netlink, or one in a test that plays the kernel.
type socket interface {
	SyscallConn() (syscall.RawConn, error)
	SetReadDeadline(time.Time) error
	Close() error
}

// Dial opens a socket of a netlink family (such as unix.NETLINK_ROUTE) inside
// the network namespace of a file descriptor; 0 means that of the calling
// thread.
func Dial(family, netns int) (*Conn, error) {
	s, err := netlink.Dial(family, &netlink.Config{NetNS: netns})
	if err != nil {
		return nil, fmt.Errorf("open netlink socket: %w", err)
	}
	// Without this the kernel gives a bare number for an error.
	if err := s.SetOption(netlink.ExtendedAcknowledge, true); err != nil {
		return nil, errors.Join(fmt.Errorf("set up netlink socket: %w", err), s.Close())
	}
	return newConn(s)
}

func newConn(s socket) (*Conn, error) {
	raw, err := s.SyscallConn()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("set up netlink socket: %w", err), s.Close())
	}
	return &Conn{socket: s, raw: raw, buffer: make([]byte, bufferBytes)}, nil
}

// Close closes the socket, and ends a reading that waits. It may be called
// twice.
func (c *Conn) Close() error {
	if c.closed.Swap(true) {
		return nil
	}
	if err := c.socket.Close(); err != nil {
		return fmt.Errorf("close netlink socket: %w", err)
	}
	return nil
}

// Control calls fn with the descriptor of the socket, which belongs to its
// namespace. The descriptor stays open during the call.
func (c *Conn) Control(fn func(fd uintptr)) error { return c.raw.Control(fn) }

// A Request asks for a whole table, or for one thing if Single is set.
type Request struct {
	Type   uint16
	Single bool
	Body   []byte
}

// Ask sends a request and calls each for every message of the answer. Messages
// are valid during the call. After an error of each it is not called again.
//
// Errors of the kernel are unix.Errno. ErrInterrupted is returned after the
// whole answer; os.ErrDeadlineExceeded if none comes in 5 s; os.ErrClosed after
// Close.
func (c *Conn) Ask(r Request, each func(Message) error) error {
	err := c.ask(r, each)
	if err != nil && c.closed.Load() {
		return fmt.Errorf("ask the kernel: %w", os.ErrClosed)
	}
	return err
}

func (c *Conn) ask(r Request, each func(Message) error) error {
	if err := c.send(r); err != nil {
		return fmt.Errorf("send request: %w", err)
	}
	if err := c.socket.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return fmt.Errorf("wait for answer: %w", err)
	}
	a := answer{sequence: c.sequence, each: each}
	for !a.done {
		datagram, err := c.receive()
		if err != nil {
			return fmt.Errorf("receive answer: %w", err)
		}
		if err := a.datagram(datagram); err != nil {
			return fmt.Errorf("read answer: %w", err)
		}
	}
	return a.result()
}

// Collect asks for a table and appends what decode makes of it to rows. If the
// table changed meanwhile it is read again, 5 times at most; then the error is
// ErrInterrupted.
func Collect[T any](c *Conn, r Request, rows []T, decode func([]T, Message) ([]T, error)) ([]T, error) {
	start := len(rows)
	for attempt := 1; ; attempt++ {
		rows = rows[:start]
		err := c.Ask(r, func(m Message) (err error) {
			rows, err = decode(rows, m)
			return err
		})
		switch {
		case err == nil:
			return rows, nil
		case !errors.Is(err, ErrInterrupted):
			return nil, err
		case attempt == attempts:
			return nil, fmt.Errorf("read it %d times: %w", attempts, err)
		}
	}
}
