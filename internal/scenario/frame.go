package scenario

import (
	"encoding/binary"
	"net/netip"
)

// A checksum tells how a builder fills a checksum field.
type checksum uint8

const (
	rightChecksum checksum = iota
	wrongChecksum
	zeroChecksum
)

func (c checksum) of(sum uint16) uint16 {
	switch c {
	case wrongChecksum:
		// 0xffff means the same as 0 in one's complement, so flip a single bit
		return sum ^ 0x0100
	case zeroChecksum:
		return 0
	}
	return sum
}

// ethernet builds a frame.
func ethernet(destination, source [6]byte, etherType uint16, payload []byte) []byte {
	frame := make([]byte, 0, 14+len(payload))
	frame = append(frame, destination[:]...)
	frame = append(frame, source[:]...)
	frame = binary.BigEndian.AppendUint16(frame, etherType)
	return append(frame, payload...)
}

// vlan puts a tag before an EtherType; its result is the payload of a frame
// with EtherType 0x8100.
func vlan(id, etherType uint16, payload []byte) []byte {
	tag := binary.BigEndian.AppendUint16(nil, id)
	tag = binary.BigEndian.AppendUint16(tag, etherType)
	return append(tag, payload...)
}

// sum16 is the internet checksum over pieces; every piece but the last must
// have an even length.
func sum16(pieces ...[]byte) uint16 {
	var sum uint32
	for _, piece := range pieces {
		for i := 0; i+1 < len(piece); i += 2 {
			sum += uint32(binary.BigEndian.Uint16(piece[i:]))
		}
		if len(piece)%2 == 1 {
			sum += uint32(piece[len(piece)-1]) << 8
		}
	}
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	return ^uint16(sum)
}

// pseudoHeader is what transport checksums cover besides the segment.
func pseudoHeader(source, destination netip.Addr, protocol uint8, length int) []byte {
	header := append(source.AsSlice(), destination.AsSlice()...)
	header = binary.BigEndian.AppendUint32(header, uint32(length))
	return append(header, 0, 0, 0, protocol)
}
