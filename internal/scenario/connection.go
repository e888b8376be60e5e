package scenario

import (
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// A connection is an established TCP connection from A to B, with what a
// forger of segments must know.
type connection struct {
	client, server int // sockets
	port           uint16
	seq, ack       uint32 // next of A, and next that A expects
}

// listen opens a listening socket in B.
func (l *Lab) listen(f family, backlog int) (int, error) {
	l.changed = true // connections outlive their sockets
	fd, err := l.open(B, f.domain(), unix.SOCK_STREAM, 0)
	if err != nil {
		return -1, err
	}
	if err := unix.Bind(fd, socketAddress(netip.AddrPortFrom(addressB(f), openPort))); err != nil {
		return -1, fmt.Errorf("bind: %w", err)
	}
	return fd, unix.Listen(fd, backlog)
}

// dial connects A to the open port of B.
func (l *Lab) dial(f family) (int, error) {
	fd, err := l.open(A, f.domain(), unix.SOCK_STREAM, 0)
	if err != nil {
		return -1, err
	}
	if err := unix.Connect(fd, socketAddress(netip.AddrPortFrom(addressB(f), openPort))); err != nil {
		return -1, fmt.Errorf("connect: %w", err)
	}
	return fd, nil
}

// connect makes an established connection.
func (l *Lab) connect(f family) (connection, error) {
	var c connection
	listener, err := l.listen(f, 16)
	if err != nil {
		return c, err
	}
	if c.client, err = l.dial(f); err != nil {
		return c, err
	}
	if c.server, _, err = unix.Accept4(listener, unix.SOCK_CLOEXEC); err != nil {
		return c, fmt.Errorf("accept: %w", err)
	}
	l.onClose(func() error { return unix.Close(c.server) })
	name, err := unix.Getsockname(c.client)
	if err != nil {
		return c, fmt.Errorf("get client port: %w", err)
	}
	switch name := name.(type) {
	case *unix.SockaddrInet4:
		c.port = uint16(name.Port)
	case *unix.SockaddrInet6:
		c.port = uint16(name.Port)
	}
	return c, c.readSequence()
}

// readSequence asks the client socket for its sequence numbers, for which it
// must be in repair mode for a moment.
func (c *connection) readSequence() error {
	const off = -1 // without a window probe
	if err := unix.SetsockoptInt(c.client, unix.IPPROTO_TCP, unix.TCP_REPAIR, 1); err != nil {
		return fmt.Errorf("begin repair mode: %w", err)
	}
	for queue, number := range map[int]*uint32{1: &c.ack, 2: &c.seq} {
		if err := unix.SetsockoptInt(c.client, unix.IPPROTO_TCP, unix.TCP_REPAIR_QUEUE, queue); err != nil {
			return fmt.Errorf("choose queue: %w", err)
		}
		value, err := unix.GetsockoptInt(c.client, unix.IPPROTO_TCP, unix.TCP_QUEUE_SEQ)
		if err != nil {
			return fmt.Errorf("read sequence number: %w", err)
		}
		*number = uint32(value)
	}
	if err := unix.SetsockoptInt(c.client, unix.IPPROTO_TCP, unix.TCP_REPAIR, off); err != nil {
		return fmt.Errorf("end repair mode: %w", err)
	}
	return nil
}

// segment is a frame that seems to come from A's end of the connection.
func (c *connection) segment(f family, t tcpHeader, size int) []byte {
	t.source, t.destination = c.port, openPort
	return f.tcpFrame(ipHeader{}, t, size)
}
