package nldump

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// send sends the request in the buffer for it.
func (c *Conn) send() error {
	if err := c.raw.Write(c.write); err != nil {
		return err
	}
	return os.NewSyscallError("write", c.failed)
}

// writeTo tells whether the request was sent, or failed. An address is not
// needed: a netlink socket writes to the kernel.
func (c *Conn) writeTo(fd uintptr) bool {
	for {
		_, c.failed = unix.Write(int(fd), c.request)
		if c.failed != unix.EINTR {
			return c.failed != unix.EAGAIN
		}
	}
}

// receive reads one datagram, which is valid until the next one. It is empty if
// it does not come from the kernel.
func (c *Conn) receive() ([]byte, error) {
	if err := c.raw.Read(c.read); err != nil {
		return nil, err
	}
	switch {
	case c.failed != nil:
		return nil, os.NewSyscallError("recvfrom", c.failed)
	case c.from.Family == unix.AF_NETLINK && c.from.Pid != 0: // the kernel is port 0
		return nil, nil
	case c.n == 0:
		return nil, errors.New("empty datagram")
	case c.n > len(c.buffer):
		return nil, fmt.Errorf("datagram of %d bytes is longer than the %d of the buffer", c.n, len(c.buffer))
	}
	c.received += uint64(c.n)
	return c.buffer[:c.n], nil
}

// readFrom tells whether a datagram came, or reading failed.
func (c *Conn) readFrom(fd uintptr) bool {
	for {
		c.n, c.failed = c.recvfrom(fd)
		if c.failed != unix.EINTR {
			return c.failed != unix.EAGAIN
		}
	}
}

// recvfrom returns the length that the datagram had before the buffer cut it.
// The ready-made calls allocate the sender's address each time.
func (c *Conn) recvfrom(fd uintptr) (int, error) {
	c.from = unix.RawSockaddrNetlink{}
	length := uint32(unix.SizeofSockaddrNetlink)
	n, _, errno := unix.Syscall6(unix.SYS_RECVFROM, fd,
		uintptr(unsafe.Pointer(&c.buffer[0])), uintptr(len(c.buffer)), unix.MSG_TRUNC|unix.MSG_DONTWAIT,
		uintptr(unsafe.Pointer(&c.from)), uintptr(unsafe.Pointer(&length)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
