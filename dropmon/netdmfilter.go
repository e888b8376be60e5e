package dropmon

import (
	"encoding/binary"

	"dropwatch/internal/netdm"
)

// admits asks the packet filter. What it cannot decide is counted.
func (s *netdmSource) admits(p *netdm.Packet) bool {
	code := s.config.PacketFilter.code()
	if len(code) == 0 {
		return true
	}
	frame, length := s.frameOf(p)
	v := decide(code, frame, length)
	if v == undecided {
		s.undecided++
	}
	return v == accepted
}

const linkHeader = 14

// frameOf is the packet of an alert as an Ethernet frame, valid until the next
// call. The monitor sends what begins at the link-layer header; of a device
// without one, that is the network header.
func (s *netdmSource) frameOf(p *netdm.Packet) (frame []byte, length uint32) {
	if !startsWithNetwork(p) {
		return p.Payload, p.Length
	}
	s.frame = append(s.frame[:0], make([]byte, linkHeader-2)...)
	s.frame = binary.BigEndian.AppendUint16(s.frame, p.Protocol)
	s.frame = append(s.frame, p.Payload...)
	return s.frame, p.Length + linkHeader
}

// startsWithNetwork tells whether an IP header comes first. It could be part of
// an address, so the place of the EtherType is asked too.
func startsWithNetwork(p *netdm.Packet) bool {
	if len(p.Payload) == 0 {
		return false
	}
	link := ParseFrame(p.Payload).LinkLength
	if link > 0 && binary.BigEndian.Uint16(p.Payload[link-2:]) == p.Protocol {
		return false
	}
	version := p.Payload[0] >> 4
	return p.Protocol == EtherTypeIPv4 && version == 4 || p.Protocol == EtherTypeIPv6 && version == 6
}
