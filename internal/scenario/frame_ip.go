package scenario

import (
	"encoding/binary"
	"net/netip"

	"golang.org/x/sys/unix"
)

// ipHeader describes an IPv4 or IPv6 header; the source address decides which.
// Zero values are the right ones, the rest is there to be wrong.
type ipHeader struct {
	source, destination netip.Addr
	protocol            uint8
	ttl                 uint8 // 0 means 64
	version             uint8 // 0 means the family's
	words               uint8 // IPv4 header length in words, 0 means 5
	length              int   // length field, 0 means the true one
	checksum            checksum
	dontFragment        bool
	moreFragments       bool
	offset              uint16 // of a fragment, in bytes
	id                  uint16
}

func (h ipHeader) packet(payload []byte) []byte {
	if h.ttl == 0 {
		h.ttl = 64
	}
	if h.source.Is4() {
		return append(h.header4(len(payload)), payload...)
	}
	return append(h.header6(len(payload)), payload...)
}

func (h ipHeader) header4(payload int) []byte {
	if h.version == 0 {
		h.version = 4
	}
	if h.words == 0 {
		h.words = 5
	}
	if h.length == 0 {
		h.length = 20 + payload
	}
	b := make([]byte, 20)
	b[0] = h.version<<4 | h.words
	binary.BigEndian.PutUint16(b[2:], uint16(h.length))
	binary.BigEndian.PutUint16(b[4:], h.id)
	binary.BigEndian.PutUint16(b[6:], h.fragment4())
	b[8], b[9] = h.ttl, h.protocol
	copy(b[12:], h.source.AsSlice())
	copy(b[16:], h.destination.AsSlice())
	binary.BigEndian.PutUint16(b[10:], h.checksum.of(sum16(b)))
	return b
}

func (h ipHeader) fragment4() uint16 {
	field := h.offset / 8
	if h.dontFragment {
		field |= 0x4000
	}
	if h.moreFragments {
		field |= 0x2000
	}
	return field
}

func (h ipHeader) header6(payload int) []byte {
	if h.version == 0 {
		h.version = 6
	}
	if h.length == 0 {
		h.length = payload
	}
	b := make([]byte, 40)
	b[0] = h.version << 4
	binary.BigEndian.PutUint16(b[4:], uint16(h.length))
	b[6], b[7] = h.protocol, h.ttl
	copy(b[8:], h.source.AsSlice())
	copy(b[24:], h.destination.AsSlice())
	return b
}

// fragments cuts the payload into packets of at most size bytes of it; size
// must be a multiple of 8.
func (h ipHeader) fragments(payload []byte, size int) [][]byte {
	var packets [][]byte
	for at := 0; at < len(payload); at += size {
		to := min(at+size, len(payload))
		h.offset, h.moreFragments = uint16(at), to < len(payload)
		packets = append(packets, h.fragment(payload[at:to]))
	}
	return packets
}

func (h ipHeader) fragment(piece []byte) []byte {
	if h.source.Is4() {
		return h.packet(piece)
	}
	extension := make([]byte, 8)
	extension[0] = h.protocol
	field := h.offset
	if h.moreFragments {
		field |= 1
	}
	binary.BigEndian.PutUint16(extension[2:], field)
	binary.BigEndian.PutUint16(extension[6:], h.id)
	h.protocol = unix.IPPROTO_FRAGMENT
	return h.packet(append(extension, piece...))
}
