package scenario

import (
	"encoding/binary"
	"net/netip"

	"golang.org/x/sys/unix"
)

// udpHeader describes a UDP header; zero values are the right ones.
type udpHeader struct {
	source, destination uint16
	length              int // length field, 0 means the true one
	checksum            checksum
}

func (h udpHeader) segment(from, to netip.Addr, payload []byte) []byte {
	size := 8 + len(payload)
	if h.length == 0 {
		h.length = size
	}
	b := make([]byte, 8, size)
	binary.BigEndian.PutUint16(b[0:], h.source)
	binary.BigEndian.PutUint16(b[2:], h.destination)
	binary.BigEndian.PutUint16(b[4:], uint16(h.length))
	b = append(b, payload...)
	sum := sum16(pseudoHeader(from, to, unix.IPPROTO_UDP, size), b)
	if sum == 0 {
		sum = 0xffff
	}
	binary.BigEndian.PutUint16(b[6:], h.checksum.of(sum))
	return b
}

// TCP flag bits.
const (
	tcpFIN = 1 << iota
	tcpSYN
	tcpRST
	tcpPSH
	tcpACK
)

// tcpHeader describes a TCP header; zero values are the right ones.
type tcpHeader struct {
	source, destination uint16
	seq, ack            uint32
	flags               uint8
	window              uint16 // 0 means 65535
	words               uint8  // data offset, 0 means the true one
	options             []byte // a multiple of 4 bytes
	checksum            checksum
}

func (h tcpHeader) segment(from, to netip.Addr, payload []byte) []byte {
	if h.words == 0 {
		h.words = uint8(5 + len(h.options)/4)
	}
	if h.window == 0 {
		h.window = 65535
	}
	b := make([]byte, 20)
	binary.BigEndian.PutUint16(b[0:], h.source)
	binary.BigEndian.PutUint16(b[2:], h.destination)
	binary.BigEndian.PutUint32(b[4:], h.seq)
	binary.BigEndian.PutUint32(b[8:], h.ack)
	b[12], b[13] = h.words<<4, h.flags
	binary.BigEndian.PutUint16(b[14:], h.window)
	b = append(b, h.options...)
	b = append(b, payload...)
	sum := sum16(pseudoHeader(from, to, unix.IPPROTO_TCP, len(b)), b)
	binary.BigEndian.PutUint16(b[16:], h.checksum.of(sum))
	return b
}

// icmpMessage describes an ICMP or ICMPv6 message.
type icmpMessage struct {
	kind, code uint8
	rest       uint32 // second word of the header
	checksum   checksum
}

func (m icmpMessage) segment(from, to netip.Addr, payload []byte) []byte {
	b := make([]byte, 8)
	b[0], b[1] = m.kind, m.code
	binary.BigEndian.PutUint32(b[4:], m.rest)
	b = append(b, payload...)
	sum := sum16(b)
	if from.Is6() {
		sum = sum16(pseudoHeader(from, to, unix.IPPROTO_ICMPV6, len(b)), b)
	}
	binary.BigEndian.PutUint16(b[2:], m.checksum.of(sum))
	return b
}
