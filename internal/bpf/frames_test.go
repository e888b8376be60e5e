package bpf

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
)

// Few values, so that the expressions in the golden files match often.
var (
	someMACs  = []string{"\x00\x11\x22\x33\x44\x55", "\x02\x00\x00\x00\x00\x01", "\xff\xff\xff\xff\xff\xff", "\x01\x00\x5e\x00\x00\x01", "\xaa\xbb\xcc\xdd\xee\xff"}
	someIPv4  = []string{"10.0.0.1", "10.0.0.2", "10.1.2.3", "192.168.1.10", "192.168.2.20", "1.2.3.4", "224.0.0.1", "255.255.255.255"}
	someIPv6  = []string{"2001:db8::1", "2001:db8::2", "2001:db8:1::1", "fe80::1", "ff02::1"}
	somePorts = []uint16{20, 22, 53, 80, 443, 6005, 8080, 49152}
	someNext  = []byte{1, 6, 17, 44, 51, 58, 132, 0}
	someTypes = []uint16{0x800, 0x800, 0x800, 0x86dd, 0x86dd, 0x806, 0x8847, 0x8863, 0x8864, 60, 0x88cc}
)

type frameMaker struct{ *rand.Rand }

func one[T any](m frameMaker, from []T) T { return from[m.IntN(len(from))] }

func (m frameMaker) bytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(m.Uint32())
	}
	return b
}

// sampleFrames are always the same.
func sampleFrames() [][]byte {
	m := frameMaker{rand.New(rand.NewPCG(3, 4))}
	list := [][]byte{{}, {1}, make([]byte, 14)}
	for range 300 {
		frame := m.frame()
		if m.IntN(4) == 0 {
			frame = frame[:m.IntN(len(frame))]
		}
		list = append(list, frame)
	}
	return list
}

func (m frameMaker) frame() []byte {
	frame := append([]byte(one(m, someMACs)), one(m, someMACs)...)
	for range max(0, m.IntN(6)-3) {
		frame = binary.BigEndian.AppendUint16(frame, one(m, []uint16{0x8100, 0x88a8, 0x9100}))
		frame = binary.BigEndian.AppendUint16(frame, one(m, []uint16{1, 5, 100, 0x2005}))
	}
	kind := one(m, someTypes)
	frame = binary.BigEndian.AppendUint16(frame, kind)
	switch kind {
	case 0x800:
		return append(frame, m.ipv4()...)
	case 0x86dd:
		return append(frame, m.ipv6()...)
	case 0x8847:
		frame = append(frame, 0, 0x10, byte(m.IntN(2)), 64)
		return append(frame, m.ipv4()...)
	case 0x8864:
		frame = append(frame, 0x11, 0, 0, 1, 0, 60, 0, 0x21)
		return append(frame, m.ipv4()...)
	}
	return append(frame, m.bytes(1+m.IntN(80))...)
}

func (m frameMaker) ipv4() []byte {
	options := 4 * max(0, m.IntN(16)-5)
	next := one(m, someNext)
	b := append([]byte{byte(0x45 + options/4)}, m.bytes(5)...)
	b = binary.BigEndian.AppendUint16(b, one(m, []uint16{0, 0, 0, 0x4000, 0x2000, 0x2001}))
	b = append(b, byte(m.Uint32()), next, 0, 0)
	b = append(b, netip.MustParseAddr(one(m, someIPv4)).AsSlice()...)
	b = append(b, netip.MustParseAddr(one(m, someIPv4)).AsSlice()...)
	return append(append(b, m.bytes(options)...), m.transport()...)
}

func (m frameMaker) ipv6() []byte {
	b := append([]byte{0x60}, m.bytes(5)...)
	b = append(b, one(m, someNext), byte(m.Uint32()))
	b = append(b, netip.MustParseAddr(one(m, someIPv6)).AsSlice()...)
	b = append(b, netip.MustParseAddr(one(m, someIPv6)).AsSlice()...)
	if m.IntN(5) == 0 {
		b = append(b, one(m, someNext), byte(m.IntN(3)))
	}
	return append(b, m.transport()...)
}

func (m frameMaker) transport() []byte {
	b := binary.BigEndian.AppendUint16(nil, one(m, somePorts))
	b = binary.BigEndian.AppendUint16(b, one(m, somePorts))
	b = append(b, m.bytes(9)...)
	b = append(b, byte(1<<m.IntN(8)))
	return append(b, m.bytes(m.IntN(300))...)
}
