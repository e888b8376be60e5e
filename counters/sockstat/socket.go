package sockstat

import (
	"fmt"
	"net/netip"
)

// A Socket is one socket at one time.
type Socket struct {
	Protocol Protocol
	State    State
	Family   uint8 // AF_INET, AF_INET6, AF_PACKET, AF_NETLINK

	// Local and Remote are the ends of an internet socket. Those of a raw
	// socket have no port; see Number.
	Local, Remote netip.AddrPort
	// Interface is the index of the one that the socket is bound to; 0 is any.
	Interface uint32
	// Number is the protocol within the family: the IP protocol of a raw
	// socket, the EtherType of a packet socket, the family of a netlink socket
	// (0 is rtnetlink).
	Number uint16
	// PortID is the address of a netlink socket.
	PortID uint32
	// Fanout is the group of a packet socket that shares its packets; 0 is
	// none.
	Fanout uint16

	// Inode is 0 for a socket that no process holds, such as the kernel's own.
	Inode uint32
	// Cookie is the kernel's number of the socket, which is not used again as
	// an inode number is.
	Cookie uint64
	UID    uint32

	// ReceiveQueue and SendQueue are bytes that wait.
	ReceiveQueue, SendQueue uint32
	// Listen is set for sockets that listen.
	Listen Listen
	Memory Memory

	// Drops is the number of packets that the socket has lost since it was
	// made, modulo 2^32. It means nothing unless DropsKnown: a packet socket
	// that receives into a ring counts elsewhere, where only its owner can
	// look, and very old kernels do not tell.
	Drops      uint32
	DropsKnown bool
}

// Listen is what waits at a TCP socket that listens.
type Listen struct {
	// Accept is the number of connections that wait for accept, Limit the most
	// that may.
	Accept, Limit uint32
	// HalfOpen is the number of connections to the local port that wait for
	// the last packet of their handshake. It means nothing unless
	// HalfOpenKnown.
	HalfOpen      uint32
	HalfOpenKnown bool
}

// Memory is what a socket holds, in bytes as the kernel charges them, which is
// more than the packets have.
type Memory struct {
	Received, ReceiveBuffer uint32
	Sent, SendBuffer        uint32
	// Backlog is what arrived while a process was inside the socket.
	Backlog uint32
}

func (s *Socket) dropped() bool { return s.DropsKnown && s.Drops > 0 }

// String names the socket, such as "udp 0.0.0.0:53 inode 1234".
func (s *Socket) String() string {
	switch {
	case s.Protocol == Packet && s.Interface != 0:
		return fmt.Sprintf("packet 0x%04x interface %d inode %d", s.Number, s.Interface, s.Inode)
	case s.Protocol == Packet:
		return fmt.Sprintf("packet 0x%04x inode %d", s.Number, s.Inode)
	case s.Protocol == Netlink:
		return fmt.Sprintf("netlink %d port %d inode %d", s.Number, s.PortID, s.Inode)
	case s.Protocol == Raw:
		return fmt.Sprintf("raw %v protocol %d inode %d", s.Local.Addr(), s.Number, s.Inode)
	case s.Remote.Port() != 0:
		return fmt.Sprintf("%v %v to %v inode %d", s.Protocol, s.Local, s.Remote, s.Inode)
	}
	return fmt.Sprintf("%v %v inode %d", s.Protocol, s.Local, s.Inode)
}
