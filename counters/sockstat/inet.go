package sockstat

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"

	"dropwatch/counters/internal/nldump"
)

// Of linux/inet_diag.h.
const (
	inetRequestBytes = 56 // struct inet_diag_req_v2
	inetMessageBytes = 72 // struct inet_diag_msg
	inetMemory       = 7  // INET_DIAG_SKMEMINFO
)

// inetRequest asks for sockets of one protocol in some states, a mask of
// 1<<State.
func inetRequest(family, protocol uint8, states uint32) nldump.Request {
	data := make([]byte, inetRequestBytes)
	data[0], data[1] = family, protocol
	data[2] = 1 << (inetMemory - 1)
	if protocol == unix.IPPROTO_RAW {
		data[3] = unix.IPPROTO_RAW // of any protocol
	}
	binary.NativeEndian.PutUint32(data[4:], states)
	return nldump.Request{Type: unix.SOCK_DIAG_BY_FAMILY, Body: data}
}

// decodeInet reads a struct inet_diag_msg and the attributes behind it.
func (s *Socket) decodeInet(protocol Protocol, data []byte) error {
	if len(data) < inetMessageBytes {
		return fmt.Errorf("decode %v socket: %d bytes are too few", protocol, len(data))
	}
	order := binary.NativeEndian
	*s = Socket{
		Protocol: protocol, Family: data[0], State: State(data[1]),
		Local:     endpoint(data[0], data[8:24], binary.BigEndian.Uint16(data[4:])),
		Remote:    endpoint(data[0], data[24:40], binary.BigEndian.Uint16(data[6:])),
		Interface: order.Uint32(data[40:]),
		Cookie:    uint64(order.Uint32(data[44:])) | uint64(order.Uint32(data[48:]))<<32,
		UID:       order.Uint32(data[64:]),
		Inode:     order.Uint32(data[68:]),
	}
	if !s.Local.Addr().IsValid() {
		return fmt.Errorf("decode %v socket: unknown address family %d", protocol, data[0])
	}
	receive, send := order.Uint32(data[56:]), order.Uint32(data[60:])
	if s.State == Listening {
		s.Listen = Listen{Accept: receive, Limit: send}
	} else {
		s.ReceiveQueue, s.SendQueue = receive, send
	}
	if protocol == Raw {
		s.Number = s.Local.Port()
		s.Local = netip.AddrPortFrom(s.Local.Addr(), 0)
		s.Remote = netip.AddrPortFrom(s.Remote.Addr(), 0)
	}
	attributes := nldump.Walk(data[inetMessageBytes:])
	for attributes.Next() {
		if attributes.Type() == inetMemory {
			s.decodeMemory(attributes.Bytes())
		}
	}
	if err := attributes.Err(); err != nil {
		return fmt.Errorf("decode %v socket: %w", protocol, err)
	}
	return nil
}

func endpoint(family uint8, address []byte, port uint16) netip.AddrPort {
	switch family {
	case unix.AF_INET:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(address)), port)
	case unix.AF_INET6:
		return netip.AddrPortFrom(netip.AddrFrom16([16]byte(address)), port)
	}
	return netip.AddrPort{}
}
