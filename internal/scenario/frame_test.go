package scenario

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"testing"
)

// TestHeader4Checksum builds a header whose checksum was computed elsewhere.
func TestHeader4Checksum(t *testing.T) {
	h := ipHeader{
		source: netip.MustParseAddr("192.168.0.1"), destination: netip.MustParseAddr("192.168.0.199"),
		protocol: 17, ttl: 64, dontFragment: true,
	}
	got := h.packet(make([]byte, 95))[:20]
	const want = "45000073000040004011b861c0a80001c0a800c7"
	if hex.EncodeToString(got) != want {
		t.Errorf("header %x, want %s", got, want)
	}
}

// verified tells whether a segment with its pseudo-header sums up to zero.
func verified(from, to netip.Addr, protocol uint8, segment []byte) bool {
	return sum16(pseudoHeader(from, to, protocol, len(segment)), segment) == 0
}

func TestTransportChecksums(t *testing.T) {
	for _, f := range families() {
		from, to := addressA(f), addressB(f)
		for _, size := range []int{0, 1, 20, 77} {
			payload := bytes.Repeat([]byte{0xa5}, size)
			for kind, right := range map[checksum]bool{rightChecksum: true, wrongChecksum: false} {
				udp := udpHeader{source: 1, destination: 2, checksum: kind}.segment(from, to, payload)
				tcp := tcpHeader{source: 1, destination: 2, checksum: kind}.segment(from, to, payload)
				if verified(from, to, 17, udp) != right || verified(from, to, 6, tcp) != right {
					t.Errorf("%s %d bytes, checksum kind %d: UDP or TCP sum is not %v", f.prefix, size, kind, right)
				}
				icmp := icmpMessage{kind: 128, checksum: kind}.segment(from, to, payload)
				sum := sum16(icmp) == 0
				if f.ipv6 {
					sum = verified(from, to, f.icmp, icmp)
				}
				if sum != right {
					t.Errorf("%s %d bytes, checksum kind %d: ICMP sum is not %v", f.prefix, size, kind, right)
				}
			}
		}
		zero := udpHeader{checksum: zeroChecksum}.segment(from, to, nil)
		if binary.BigEndian.Uint16(zero[6:]) != 0 {
			t.Errorf("checksum %x instead of none", zero[6:8])
		}
	}
}

func TestLengthFields(t *testing.T) {
	h4 := ipHeader{source: addressA(ipv4()), destination: addressB(ipv4())}
	h6 := ipHeader{source: addressA(ipv6()), destination: addressB(ipv6())}
	payload := make([]byte, 10)
	if got := binary.BigEndian.Uint16(h4.packet(payload)[2:]); got != 30 {
		t.Errorf("IPv4 length %d", got)
	}
	if got := binary.BigEndian.Uint16(h6.packet(payload)[4:]); got != 10 {
		t.Errorf("IPv6 length %d", got)
	}
	h4.length, h6.length = 1000, 1000
	if got := binary.BigEndian.Uint16(h4.packet(payload)[2:]); got != 1000 {
		t.Errorf("IPv4 length %d instead of the chosen one", got)
	}
	if got := binary.BigEndian.Uint16(h6.packet(payload)[4:]); got != 1000 {
		t.Errorf("IPv6 length %d instead of the chosen one", got)
	}
}

// TestFragments puts fragments together again.
func TestFragments(t *testing.T) {
	payload := make([]byte, 1208)
	for i := range payload {
		payload[i] = byte(i)
	}
	for _, f := range families() {
		h := f.addressed(ipHeader{protocol: 17, id: 7})
		whole, last := make([]byte, len(payload)), 0
		packets := h.fragments(payload, 480)
		for _, packet := range packets {
			at, more, piece := parseFragment(packet)
			copy(whole[at:], piece)
			if !more {
				last++
			}
		}
		if len(packets) != 3 || last != 1 || !bytes.Equal(whole, payload) {
			t.Errorf("%s%d fragments, %d of them last, whole %v", f.prefix, len(packets), last, bytes.Equal(whole, payload))
		}
	}
}

func parseFragment(packet []byte) (at int, more bool, piece []byte) {
	if packet[0]>>4 == 4 {
		field := binary.BigEndian.Uint16(packet[6:])
		return int(field&0x1fff) * 8, field&0x2000 != 0, packet[20:]
	}
	field := binary.BigEndian.Uint16(packet[42:])
	return int(field &^ 7), field&1 != 0, packet[48:]
}

func TestVLAN(t *testing.T) {
	frame := ethernet([6]byte{1}, [6]byte{2}, 0x8100, vlan(42, 0x0800, []byte{0x45}))
	const want = "010000000000" + "020000000000" + "8100" + "002a" + "0800" + "45"
	if got := hex.EncodeToString(frame); got != want {
		t.Errorf("frame %s, want %s", got, want)
	}
}
