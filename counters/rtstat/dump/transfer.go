package dump

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"
)

// encode writes a request with the next sequence number into the buffer of the
// connection.
func (c *Conn) encode(r Request) []byte {
	flags := uint16(unix.NLM_F_REQUEST | unix.NLM_F_DUMP)
	if r.Single {
		flags = unix.NLM_F_REQUEST | unix.NLM_F_ACK
	}
	c.sequence++
	b := binary.NativeEndian.AppendUint32(c.request[:0], uint32(messageHeader+len(r.Body)))
	b = binary.NativeEndian.AppendUint16(b, r.Type)
	b = binary.NativeEndian.AppendUint16(b, flags)
	b = binary.NativeEndian.AppendUint32(b, c.sequence)
	b = binary.NativeEndian.AppendUint32(b, 0) // the kernel knows our port
	c.request = append(b, r.Body...)
	return c.request
}

func (c *Conn) send(r Request) error {
	message := c.encode(r)
	var failed error
	err := c.raw.Write(func(fd uintptr) bool {
		// An address is not needed: a netlink socket writes to the kernel.
		_, failed = unix.Write(int(fd), message)
		return failed != unix.EAGAIN
	})
	if err != nil {
		return err
	}
	return failed
}

// receive reads one datagram. It is valid until the next one.
func (c *Conn) receive() ([]byte, error) {
	var n int
	var from unix.Sockaddr
	var failed error
	err := c.raw.Read(func(fd uintptr) bool {
		for {
			n, from, failed = unix.Recvfrom(int(fd), c.buffer, unix.MSG_TRUNC|unix.MSG_DONTWAIT)
			if failed != unix.EINTR {
				return failed != unix.EAGAIN
			}
		}
	})
	if err != nil {
		return nil, err
	}
	if failed != nil {
		return nil, failed
	}
	if n > len(c.buffer) {
		return nil, fmt.Errorf("message of %d bytes is longer than the %d of the buffer", n, len(c.buffer))
	}
	// Only the kernel, port 0, is believed.
	if address, ok := from.(*unix.SockaddrNetlink); ok && address.Pid != 0 {
		return nil, nil
	}
	if n == 0 {
		return nil, fmt.Errorf("empty message")
	}
	return c.buffer[:n], nil
}
