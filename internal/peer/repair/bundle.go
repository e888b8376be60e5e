package repair

import (
	"encoding/binary"

	"dropwatch/internal/peer/record"
)

const (
	// maxBundle is the size of a bundle in bytes, all included.
	maxBundle = 4 << 20
	// maxPackets is how many packets a bundle has.
	maxPackets = 32768
)

// pack puts packets into as few bundles as they fit in, in their order.
func pack(packets [][]byte) [][]byte {
	var bundles [][]byte
	for len(packets) > 0 {
		count, size := fit(packets)
		b := appendHeader(make([]byte, 0, size), KindBundle)
		for _, p := range packets[:count] {
			b = binary.AppendUvarint(b, uint64(len(p)))
			b = append(b, p...)
		}
		bundles, packets = append(bundles, b), packets[count:]
	}
	return bundles
}

// fit returns how many of the packets one bundle takes, and its size.
func fit(packets [][]byte) (count, size int) {
	var length [binary.MaxVarintLen64]byte
	size = headerSize
	for count < min(len(packets), maxPackets) {
		p := len(packets[count])
		more := binary.PutUvarint(length[:], uint64(p)) + p
		if size+more > maxBundle {
			break
		}
		count, size = count+1, size+more
	}
	return count, size
}

// DecodeBundle returns the packets of a bundle; their memory is that of the
// message. Each is as long as a record can be, and no more is known of it: it
// should go through the gate as handed on by a member. What is allocated is
// bounded by the size of the message. The error wraps one of those of this
// package; then no packet is returned.
func DecodeBundle(message []byte) ([][]byte, error) {
	rest, err := body(message, KindBundle)
	if err != nil {
		return nil, err
	}
	// A first look counts, so that what is made is in proportion to what is
	// there.
	count := 0
	for ahead := rest; len(ahead) > 0; count++ {
		if _, ahead, err = next(ahead); err != nil {
			return nil, err
		}
	}
	if count > maxPackets {
		return nil, malformed("too many packets")
	}
	packets := make([][]byte, count)
	for i := range packets {
		if packets[i], rest, err = next(rest); err != nil {
			return nil, err
		}
	}
	return packets, nil
}

// next cuts off the first packet.
func next(b []byte) (packet, rest []byte, err error) {
	size, b, err := number(b)
	switch {
	case err != nil:
		return nil, nil, err
	case size < record.MinPacket || size > record.MaxDatagram:
		return nil, nil, malformed("packet is shorter or longer than any record")
	case size > uint64(len(b)):
		return nil, nil, malformed("packet is cut off")
	}
	return b[:size:size], b[size:], nil
}
