package dropmon

import "encoding/binary"

// A Frame is what the link-layer header of an Ethernet frame tells.
type Frame struct {
	LinkLength int // of the header, VLAN tags included; 0 if the frame is too short
	Flags      Flags
}

// ParseFrame reads the header of an Ethernet frame that may be cut short.
func ParseFrame(frame []byte) Frame {
	const header = 14
	if len(frame) < header {
		return Frame{}
	}
	f := Frame{LinkLength: header}
	switch {
	case [6]byte(frame[:6]) == [6]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}:
		f.Flags = FlagBroadcast
	case frame[0]&1 != 0:
		f.Flags = FlagMulticast
	}
	for range 2 {
		etherType := binary.BigEndian.Uint16(frame[f.LinkLength-2:])
		if etherType != 0x8100 && etherType != 0x88a8 || len(frame) < f.LinkLength+4 {
			break
		}
		f.LinkLength += 4
	}
	return f
}

// ParseTransport reads the IP protocol of a packet that begins with its network
// header, and whether it is a TCP segment with RST set.
func ParseTransport(packet []byte, protocol uint16) (transport uint8, flags Flags) {
	var header []byte
	switch {
	case protocol == EtherTypeIPv4 && len(packet) >= 20:
		transport = packet[9]
		length := int(packet[0]&15) * 4
		if first := binary.BigEndian.Uint16(packet[6:])&0x1fff == 0; first && length >= 20 && length <= len(packet) {
			header = packet[length:]
		}
	case protocol == EtherTypeIPv6 && len(packet) >= 40:
		transport, header = transportIPv6(packet[6], packet[40:])
	}
	if transport == transportTCP && len(header) > 13 && header[13]&4 != 0 {
		flags = FlagReset
	}
	return transport, flags
}
