package nldump

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
	"unsafe"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// A Config says which tables a Conn reads.
type Config struct {
	// Family is the netlink protocol, such as unix.NETLINK_SOCK_DIAG.
	Family int
	// NetNS is a file descriptor of the namespace; 0 is the thread's own.
	NetNS int
	// BufferBytes is the room for one datagram, which the kernel fills when it
	// can; 0 means 32 KiB, the most it uses.
	BufferBytes int
}

const (
	defaultBuffer = 32 << 10
	// patience bounds the wait for the kernel, which answers at once.
	patience = 10 * time.Second
)

// A Conn is a netlink socket for dumps. Only one goroutine at a time may use
// it.
type Conn struct {
	conn     *netlink.Conn
	raw      syscall.RawConn
	buffer   []byte
	received uint64
	attached bool // a filter
	cuts     bool // there was a filter, so that what is queued may be cut

	// of the last system call
	n    int
	err  error
	read func(fd uintptr) bool
}

// Dial opens a socket inside the namespace.
func Dial(config Config) (*Conn, error) {
	conn, err := netlink.Dial(config.Family, &netlink.Config{NetNS: config.NetNS})
	if err != nil {
		return nil, fmt.Errorf("open netlink socket: %w", err)
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("reach netlink socket: %w", err), conn.Close())
	}
	if config.BufferBytes == 0 {
		config.BufferBytes = defaultBuffer
	}
	c := &Conn{conn: conn, raw: raw, buffer: make([]byte, config.BufferBytes)}
	// Made once, because each making allocates.
	c.read = func(fd uintptr) bool {
		c.n, c.err = receive(fd, c.buffer)
		return c.err != unix.EAGAIN
	}
	return c, nil
}

// Close closes the socket.
func (c *Conn) Close() error { return c.conn.Close() }

// Received is the number of bytes that came from the kernel so far.
func (c *Conn) Received() uint64 { return c.received }

// Ask sends a request and calls yield for each message of the answer. The
// message is valid only during the call. A request without netlink.Dump must
// ask for an acknowledgement, which ends the answer.
//
// After an error of yield the rest of the answer is read and thrown away, so
// that the socket is ready for the next request. An errno from the kernel is
// wrapped. The error wraps ErrInterrupted when the table changed during the
// dump: what was seen may have holes or doubles, and asking again helps.
func (c *Conn) Ask(request netlink.Message, yield func(Message) error) error {
	if err := c.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return fmt.Errorf("set deadline of netlink socket: %w", err)
	}
	request.Header.Flags |= netlink.Request
	request, err := c.conn.Send(request)
	if err != nil {
		return fmt.Errorf("send request: %w", err)
	}
	answer := answer{
		sequence: request.Header.Sequence,
		dump:     request.Header.Flags&netlink.Dump == netlink.Dump,
		yield:    yield,
	}
	for !answer.done {
		if err := c.next(); err != nil {
			return errors.Join(answer.err, fmt.Errorf("receive answer: %w", err))
		}
		if datagram := c.buffer[:c.n]; !c.cuts || !cut(datagram) {
			answer.datagram(datagram)
		}
	}
	return answer.err
}

// next reads one datagram into the buffer.
func (c *Conn) next() error {
	for {
		if err := c.raw.Read(c.read); err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				return fmt.Errorf("no answer from the kernel: %w", err)
			}
			return err
		}
		switch {
		case c.err == unix.EINTR:
		case c.err != nil:
			return os.NewSyscallError("recvfrom", c.err)
		case c.n > len(c.buffer):
			return fmt.Errorf("a message is longer than %d bytes", len(c.buffer))
		default:
			c.received += uint64(c.n)
			return nil
		}
	}
}

// receive returns the length that the datagram had before the buffer cut it.
// The ready-made calls allocate the sender's address each time.
func receive(fd uintptr, buffer []byte) (int, error) {
	n, _, errno := unix.Syscall6(unix.SYS_RECVFROM, fd, uintptr(unsafe.Pointer(&buffer[0])), uintptr(len(buffer)), unix.MSG_TRUNC, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
