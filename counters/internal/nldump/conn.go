package nldump

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// A Config says which tables a Conn reads.
type Config struct {
	// Family is the netlink protocol, such as unix.NETLINK_ROUTE.
	Family int
	// NetNS is the descriptor of a network namespace; 0 means that of the
	// calling thread. It may be closed after Dial.
	NetNS int
	// BufferBytes is the room for one datagram; 0 means 64 KiB. The kernel fills
	// the datagrams of a dump up to that room, but not above 32 KiB; a single
	// message may be longer.
	BufferBytes int
}

const defaultBuffer = 64 << 10

// A Conn is one netlink socket. It is for one goroutine at a time; only Close
// may be called from another one.
type Conn struct {
	socket   socket
	raw      syscall.RawConn
	closed   atomic.Bool
	sequence uint32
	received uint64
	size     int    // of the buffer
	buffer   []byte // while an answer is read
	lent     *[defaultBuffer]byte
	request  []byte

	attached bool // a filter
	cuts     bool // there was a filter, so that what is queued may be cut

	// read and write are system calls on a descriptor; they are made once,
	// because each making allocates. What they bring is below.
	read, write func(fd uintptr) bool
	n           int
	from        unix.RawSockaddrNetlink
	failed      error
}

// A socket is that of netlink, or one in a test that plays the kernel.
type socket interface {
	SyscallConn() (syscall.RawConn, error)
	SetReadDeadline(time.Time) error
	Close() error
}

// Dial opens a socket inside the namespace. Another namespace than the thread's
// requires CAP_SYS_ADMIN. The error is unix.EPROTONOSUPPORT if the kernel does
// not have the family.
func Dial(config Config) (*Conn, error) {
	s, err := netlink.Dial(config.Family, &netlink.Config{NetNS: config.NetNS})
	if err != nil {
		return nil, fmt.Errorf("open netlink socket: %w", err)
	}
	// Without this the kernel gives a bare number for an error.
	if err := s.SetOption(netlink.ExtendedAcknowledge, true); err != nil {
		return nil, errors.Join(fmt.Errorf("set up netlink socket: %w", err), s.Close())
	}
	return newConn(s, config.BufferBytes)
}

func newConn(s socket, bufferBytes int) (*Conn, error) {
	raw, err := s.SyscallConn()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("set up netlink socket: %w", err), s.Close())
	}
	if bufferBytes == 0 {
		bufferBytes = defaultBuffer
	}
	c := &Conn{socket: s, raw: raw, size: bufferBytes}
	c.read, c.write = c.readFrom, c.writeTo
	return c, nil
}

// buffers of the usual size, which are large: a host with many namespaces has
// hundreds of sockets, of which few are read at once.
var buffers = sync.Pool{New: func() any { return new([defaultBuffer]byte) }}

// borrow gets room for datagrams, until giveBack.
func (c *Conn) borrow() {
	if c.size == defaultBuffer {
		c.lent = buffers.Get().(*[defaultBuffer]byte)
		c.buffer = c.lent[:]
	} else if c.buffer == nil {
		c.buffer = make([]byte, c.size)
	}
}

func (c *Conn) giveBack() {
	if c.lent != nil {
		buffers.Put(c.lent)
		c.lent, c.buffer = nil, nil
	}
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

// Received is the number of bytes that came from the kernel so far.
func (c *Conn) Received() uint64 { return c.received }

// Control calls fn with the descriptor of the socket, which belongs to its
// namespace. The descriptor stays open during the call.
func (c *Conn) Control(fn func(fd uintptr)) error { return c.raw.Control(fn) }
