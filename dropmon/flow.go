package dropmon

import (
	"encoding/binary"
	"net/netip"
)

// EtherTypes and IP protocols that are told apart by more than their number.
const (
	EtherTypeIPv4 = 0x0800
	EtherTypeIPv6 = 0x86dd

	transportTCP     = 6
	transportUDP     = 17
	transportDCCP    = 33
	transportSCTP    = 132
	transportUDPLite = 136
)

// ParseFlow reads the end points from a packet that begins with its network
// header and may be cut short or damaged. What cannot be read stays zero.
func ParseFlow(packet []byte, protocol uint16) Flow {
	switch protocol {
	case EtherTypeIPv4:
		return parseIPv4(packet)
	case EtherTypeIPv6:
		return parseIPv6(packet)
	}
	return Flow{}
}

func parseIPv4(p []byte) Flow {
	if len(p) < 20 {
		return Flow{}
	}
	header := int(p[0]&15) * 4
	var source, destination uint16
	if fragment := binary.BigEndian.Uint16(p[6:]) & 0x1fff; fragment == 0 && header >= 20 && header <= len(p) {
		source, destination = ports(p[9], p[header:])
	}
	return Flow{
		Source:      netip.AddrPortFrom(netip.AddrFrom4([4]byte(p[12:16])), source),
		Destination: netip.AddrPortFrom(netip.AddrFrom4([4]byte(p[16:20])), destination),
	}
}

func parseIPv6(p []byte) Flow {
	if len(p) < 40 {
		return Flow{}
	}
	source, destination := portsIPv6(p[6], p[40:])
	return Flow{
		Source:      netip.AddrPortFrom(netip.AddrFrom16([16]byte(p[8:24])), source),
		Destination: netip.AddrPortFrom(netip.AddrFrom16([16]byte(p[24:40])), destination),
	}
}

func portsIPv6(next uint8, p []byte) (source, destination uint16) {
	return ports(transportIPv6(next, p))
}

// transportIPv6 steps over the extension headers that the drop program steps
// over. There is no header where the packet is cut or a later fragment.
func transportIPv6(next uint8, p []byte) (transport uint8, header []byte) {
	for range 4 {
		length := 8
		switch next {
		case 0, 43, 60: // hop-by-hop, routing, destination options
			if len(p) < 2 {
				return next, nil
			}
			length = (int(p[1]) + 1) * 8
		case 44: // fragment
			if len(p) < 4 {
				return next, nil
			}
			if binary.BigEndian.Uint16(p[2:])&^7 != 0 {
				return p[0], nil
			}
		default:
			return next, p
		}
		if len(p) < length {
			return next, nil
		}
		next, p = p[0], p[length:]
	}
	return next, nil
}

func ports(transport uint8, p []byte) (source, destination uint16) {
	switch transport {
	case transportTCP, transportUDP, transportDCCP, transportSCTP, transportUDPLite:
		if len(p) >= 4 {
			return binary.BigEndian.Uint16(p), binary.BigEndian.Uint16(p[2:])
		}
	}
	return 0, 0
}
