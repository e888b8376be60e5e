package sockstat

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"

	"dropwatch/counters/internal/nldump"
)

// Of linux/netlink_diag.h.
const (
	netlinkRequestBytes = 20 // struct netlink_diag_req
	netlinkMessageBytes = 28 // struct netlink_diag_msg

	netlinkAllProtocols = 255
	netlinkShowMemory   = 1

	netlinkMemory = 0
)

func netlinkRequest() nldump.Request {
	data := make([]byte, netlinkRequestBytes)
	data[0], data[1] = unix.AF_NETLINK, netlinkAllProtocols
	binary.NativeEndian.PutUint32(data[8:], netlinkShowMemory)
	return nldump.Request{Type: unix.SOCK_DIAG_BY_FAMILY, Body: data}
}

// decodeNetlink reads a struct netlink_diag_msg and the attributes behind it.
func (s *Socket) decodeNetlink(data []byte) error {
	if len(data) < netlinkMessageBytes {
		return fmt.Errorf("decode netlink socket: %d bytes are too few", len(data))
	}
	order := binary.NativeEndian
	*s = Socket{
		Protocol: Netlink, Family: data[0], Number: uint16(data[2]), State: State(data[3]),
		PortID: order.Uint32(data[4:]),
		Inode:  order.Uint32(data[16:]),
		Cookie: uint64(order.Uint32(data[20:])) | uint64(order.Uint32(data[24:]))<<32,
	}
	attributes := nldump.Walk(data[netlinkMessageBytes:])
	for attributes.Next() {
		if attributes.Type() == netlinkMemory {
			s.decodeMemory(attributes.Bytes())
		}
	}
	if err := attributes.Err(); err != nil {
		return fmt.Errorf("decode netlink socket: %w", err)
	}
	s.ReceiveQueue, s.SendQueue = s.Memory.Received, s.Memory.Sent
	return nil
}

// firstOfNetlink tells whether the socket is to be listed. The kernel lists its
// own ends too, and those that are in a multicast group twice.
func (c *Conn) firstOfNetlink() bool {
	if c.socket.PortID == 0 || c.netlinkSeen[c.socket.Cookie] {
		return false
	}
	c.netlinkSeen[c.socket.Cookie] = true
	return true
}
