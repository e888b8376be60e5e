package pcapfilter

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
)

// Few addresses, ports and labels, so that expressions about them match often.
var (
	poolMAC = []string{
		"\x00\x11\x22\x33\x44\x55", "\x02\x00\x00\x00\x00\x01", "\xff\xff\xff\xff\xff\xff",
		"\x01\x00\x5e\x00\x00\x01", "\x33\x33\x00\x00\x00\x01", "\xaa\xbb\xcc\xdd\xee\xff",
	}
	poolIPv4 = []string{
		"10.0.0.1", "10.0.0.2", "10.1.2.3", "192.168.1.10", "192.168.2.20", "1.2.3.4",
		"127.0.0.1", "224.0.0.1", "255.255.255.255", "0.0.0.0", "172.16.5.9",
	}
	poolIPv6 = []string{"2001:db8::1", "2001:db8::2", "2001:db8:1::1", "fe80::1", "ff02::1", "::1"}
	poolPort = []uint16{20, 21, 22, 53, 67, 80, 123, 443, 6000, 6005, 8080, 49152}
	poolVLAN = []uint16{0, 1, 5, 100, 4095, 0x2005}
	poolNext = []byte{1, 2, 6, 17, 44, 50, 51, 58, 89, 103, 112, 132, 9, 47, 59, 255}
)

// A maker builds frames, always the same ones.
type maker struct{ *rand.Rand }

func newMaker() maker { return maker{rand.New(rand.NewPCG(1, 2))} }

func pick[T any](m maker, from []T) T { return from[m.IntN(len(from))] }

func (m maker) bytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(m.Uint32())
	}
	return b
}

func (m maker) chance(percent int) bool { return m.IntN(100) < percent }

func (m maker) ports() []byte {
	b := binary.BigEndian.AppendUint16(nil, pick(m, poolPort))
	return binary.BigEndian.AppendUint16(b, pick(m, poolPort))
}

// transport is what follows an IP header that announces a protocol.
func (m maker) transport(protocol byte) []byte {
	switch protocol {
	case 6:
		b := append(m.ports(), m.bytes(8)...)
		one, another := m.IntN(8), m.IntN(8)
		b = append(b, 0x50, byte(1<<one|1<<another))
		return append(b, m.bytes(6+m.IntN(12))...)
	case 17:
		return append(append(m.ports(), 0, byte(8+m.IntN(200))), m.bytes(2+m.IntN(20))...)
	case 132:
		return append(m.ports(), m.bytes(12)...)
	case 1:
		return append([]byte{pick(m, []byte{0, 3, 5, 8, 11}), byte(m.IntN(4))}, m.bytes(10)...)
	case 58:
		return append([]byte{pick(m, []byte{1, 2, 128, 129, 133, 135, 136}), byte(m.IntN(4))}, m.bytes(12)...)
	case 44:
		return append([]byte{pick(m, poolNext), 0, 0, byte(m.IntN(2))}, append(m.bytes(4), m.transport(17)...)...)
	case 51:
		return append([]byte{pick(m, []byte{6, 17, 50}), 4}, append(m.bytes(22), m.transport(6)...)...)
	}
	return m.bytes(4 + m.IntN(16))
}

func (m maker) ipv4() []byte {
	protocol := pick(m, poolNext)
	if m.chance(60) {
		protocol = pick(m, []byte{6, 17})
	}
	options := 0
	if m.chance(20) {
		options = 4 * m.IntN(11)
	}
	b := []byte{byte(0x45 + options/4), byte(m.IntN(256)), 0, 0}
	b = append(b, m.bytes(2)...)
	fragment := uint16(0)
	if m.chance(25) {
		fragment = pick(m, []uint16{0x2000, 0x4000, 0x2001, 1, 0x1fff, 0x1000, 0x0b90})
	}
	b = binary.BigEndian.AppendUint16(b, fragment)
	b = append(b, byte(m.IntN(256)), protocol, 0, 0)
	source, destination := netip.MustParseAddr(pick(m, poolIPv4)), netip.MustParseAddr(pick(m, poolIPv4))
	b = append(append(b, source.AsSlice()...), destination.AsSlice()...)
	b = append(append(b, m.bytes(options)...), m.transport(protocol)...)
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	if m.chance(3) {
		b[0] = byte(m.Uint32())
	}
	return b
}

func (m maker) ipv6() []byte {
	next := pick(m, append([]byte{0, 43, 60}, poolNext...))
	if m.chance(50) {
		next = pick(m, []byte{6, 17, 58})
	}
	var payload []byte
	switch next {
	case 0, 43, 60:
		after := pick(m, []byte{6, 17, 58, 44})
		payload = append(append([]byte{after, 0}, m.bytes(6)...), m.transport(after)...)
	default:
		payload = m.transport(next)
	}
	b := append([]byte{0x60, 0}, m.bytes(2)...)
	b = append(binary.BigEndian.AppendUint16(b, uint16(len(payload))), next, byte(m.IntN(256)))
	source, destination := netip.MustParseAddr(pick(m, poolIPv6)), netip.MustParseAddr(pick(m, poolIPv6))
	return append(append(append(b, source.AsSlice()...), destination.AsSlice()...), payload...)
}

func (m maker) arp() []byte {
	b := []byte{0, 1, 8, 0, 6, 4, 0, byte(1 + m.IntN(4))}
	for range 2 {
		b = append(append(b, pick(m, poolMAC)...), netip.MustParseAddr(pick(m, poolIPv4)).AsSlice()...)
	}
	return b
}

// llc is an LLC header and what it announces.
func (m maker) llc() []byte {
	switch m.IntN(7) {
	case 0: // SNAP
		b := []byte{0xaa, 0xaa, 3}
		b = append(b, pick(m, []string{"\x00\x00\x00", "\x08\x00\x07"})...)
		b = binary.BigEndian.AppendUint16(b, pick(m, []uint16{0x0800, 0x809b, 0x80f3, 0x8137, 0x0806}))
		return append(b, m.bytes(30)...)
	case 1: // OSI
		b := []byte{0xfe, 0xfe, 3, pick(m, []byte{0x81, 0x82, 0x83}), 27, 1, 0, pick(m, []byte{15, 16, 17, 18, 20, 24, 25, 26, 27})}
		return append(b, m.bytes(30)...)
	case 2: // spanning tree
		return append([]byte{0x42, 0x42, 3}, m.bytes(35)...)
	case 3: // IPX without LLC
		return append([]byte{0xff, 0xff}, m.bytes(30)...)
	}
	sap := pick(m, []byte{0xe0, 0xf0, 0x06, 0x42, 0xfe, 0xaa})
	control := pick(m, []byte{0x00, 0x01, 0x05, 0x09, 0x03, 0x63, 0x43, 0x0f, 0x6f, 0xe3, 0xaf, 0x87, 0x13})
	return append([]byte{sap, sap, control}, m.bytes(20)...)
}

func (m maker) ip() []byte {
	if m.chance(60) {
		return m.ipv4()
	}
	return m.ipv6()
}

// body is an Ethernet type, or a length, and what follows.
func (m maker) body(depth int) []byte {
	typed := func(t uint16, payload []byte) []byte {
		return append(binary.BigEndian.AppendUint16(nil, t), payload...)
	}
	switch n := m.IntN(100); {
	case n < 35:
		return typed(0x0800, m.ipv4())
	case n < 55:
		return typed(0x86dd, m.ipv6())
	case n < 62:
		return typed(pick(m, []uint16{0x0806, 0x8035}), m.arp())
	case n < 75 && depth < 3:
		tag := binary.BigEndian.AppendUint16(nil, pick(m, poolVLAN))
		return typed(pick(m, []uint16{0x8100, 0x88a8, 0x9100}), append(tag, m.body(depth+1)...))
	case n < 82:
		var labels []byte
		for deep := m.IntN(3); deep >= 0; deep-- {
			label := pick(m, []uint32{0, 16, 1024, 100000})<<12 | uint32(m.IntN(8))<<9 | 64
			if deep == 0 || m.chance(5) {
				label |= 1 << 8
			}
			labels = binary.BigEndian.AppendUint32(labels, label)
		}
		return typed(0x8847, append(labels, m.ip()...))
	case n < 88:
		session := append([]byte{0x11, 0, 0, pick(m, []byte{1, 5, 7})}, m.bytes(2)...)
		kind := pick(m, []uint16{0x0021, 0x0057, 0xc021, 0x0281, 0x0023, 0x0031})
		return typed(pick(m, []uint16{0x8864, 0x8863}), append(append(session, typed(kind, nil)...), m.ip()...))
	case n < 95:
		payload := m.llc()
		return typed(uint16(len(payload)), payload)
	case n < 98:
		other := []uint16{0x6001, 0x6002, 0x6003, 0x6004, 0x6007, 0x809b, 0x80f3, 0x8137, 0x9000, 0x0600, 1500, 1501}
		return typed(pick(m, other), append([]byte{1, 2, pick(m, []byte{0x02, 0x06, 0x81})}, m.bytes(30)...))
	}
	return m.bytes(2 + m.IntN(60))
}

func (m maker) ethernet() []byte {
	b := append([]byte(pick(m, poolMAC)), pick(m, poolMAC)...)
	return append(b, m.body(0)...)
}

// frames makes what to compare verdicts on: whole frames, some of them cut at
// every length, and random bytes.
func frames(link Link) [][]byte {
	m := newMaker()
	whole := m.ethernet
	if link == Raw {
		whole = m.ip
	}
	all := [][]byte{{}}
	for range 3400 {
		all = append(all, whole())
	}
	for range 45 {
		frame := whole()
		for n := range min(len(frame), 90) {
			all = append(all, frame[:n])
		}
	}
	for range 300 {
		all = append(all, m.bytes(m.IntN(100)))
	}
	return all
}
