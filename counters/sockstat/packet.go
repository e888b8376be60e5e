package sockstat

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"

	"dropwatch/counters/internal/nldump"
)

// Of linux/packet_diag.h.
const (
	packetRequestBytes = 20 // struct packet_diag_req
	packetMessageBytes = 16 // struct packet_diag_msg

	packetShowInfo   = 1
	packetShowRing   = 4
	packetShowFanout = 8
	packetShowMemory = 16

	packetInfo   = 0
	packetRing   = 2 // of receiving
	packetFanout = 4
	packetUID    = 5
	packetMemory = 6
)

func packetRequest() nldump.Request {
	data := make([]byte, packetRequestBytes)
	data[0] = unix.AF_PACKET
	binary.NativeEndian.PutUint32(data[8:], packetShowInfo|packetShowRing|packetShowFanout|packetShowMemory)
	return nldump.Request{Type: unix.SOCK_DIAG_BY_FAMILY, Body: data}
}

// decodePacket reads a struct packet_diag_msg and the attributes behind it.
func (s *Socket) decodePacket(data []byte) error {
	if len(data) < packetMessageBytes {
		return fmt.Errorf("decode packet socket: %d bytes are too few", len(data))
	}
	order := binary.NativeEndian
	*s = Socket{
		Protocol: Packet, Family: data[0], Number: order.Uint16(data[2:]),
		Inode:  order.Uint32(data[4:]),
		Cookie: uint64(order.Uint32(data[8:])) | uint64(order.Uint32(data[12:]))<<32,
	}
	ring := false
	attributes := nldump.Walk(data[packetMessageBytes:])
	for attributes.Next() {
		switch body := attributes.Bytes(); {
		case attributes.Type() == packetMemory:
			s.decodeMemory(body)
		case attributes.Type() == packetRing:
			ring = true
		case len(body) < 4:
		case attributes.Type() == packetInfo:
			s.Interface = order.Uint32(body)
		case attributes.Type() == packetFanout:
			s.Fanout = uint16(order.Uint32(body)) // the upper half is how it is shared
		case attributes.Type() == packetUID:
			s.UID = order.Uint32(body)
		}
	}
	if err := attributes.Err(); err != nil {
		return fmt.Errorf("decode packet socket: %w", err)
	}
	s.DropsKnown = s.DropsKnown && !ring
	if !s.DropsKnown {
		s.Drops = 0
	}
	s.ReceiveQueue, s.SendQueue = s.Memory.Received, s.Memory.Sent
	return nil
}
