package dropmon

import (
	"encoding/binary"
	"net/netip"
	"testing"
)

// ipv4 builds a packet with options of some length.
func ipv4(f Flow, transport uint8, options int, fragment uint16, payload []byte) []byte {
	p := make([]byte, 20+options)
	p[0] = 0x40 | uint8(len(p)/4)
	binary.BigEndian.PutUint16(p[2:], uint16(len(p)+len(payload)))
	binary.BigEndian.PutUint16(p[6:], fragment)
	p[8], p[9] = 64, transport
	copy(p[12:], f.Source.Addr().AsSlice())
	copy(p[16:], f.Destination.Addr().AsSlice())
	return append(p, payload...)
}

// extension is an IPv6 extension header without its first byte.
type extension struct {
	kind uint8
	rest []byte
}

func ipv6(f Flow, transport uint8, extensions []extension, payload []byte) []byte {
	p := make([]byte, 40)
	p[0], p[7] = 0x60, 64
	copy(p[8:], f.Source.Addr().AsSlice())
	copy(p[24:], f.Destination.Addr().AsSlice())
	next := 6
	for _, e := range extensions {
		p[next] = e.kind
		next = len(p)
		p = append(append(p, 0), e.rest...)
	}
	p[next] = transport
	return append(p, payload...)
}

func portsOf(f Flow) []byte {
	p := binary.BigEndian.AppendUint16(nil, f.Source.Port())
	p = binary.BigEndian.AppendUint16(p, f.Destination.Port())
	return append(p, 0, 0, 0, 0)
}

func withoutPorts(f Flow) Flow {
	return Flow{netip.AddrPortFrom(f.Source.Addr(), 0), netip.AddrPortFrom(f.Destination.Addr(), 0)}
}

var (
	flow4 = Flow{netip.MustParseAddrPort("10.1.2.3:4000"), netip.MustParseAddrPort("10.1.2.4:53")}
	flow6 = Flow{netip.MustParseAddrPort("[2001:db8::1]:4000"), netip.MustParseAddrPort("[2001:db8::2]:53")}

	empty8   = []byte{0, 1, 2, 3, 4, 5, 6}
	empty24  = append([]byte{2}, make([]byte, 22)...)
	first    = []byte{0, 0, 1, 0, 0, 0, 9}  // fragment 0, more to come
	later    = []byte{0, 0, 8, 0, 0, 0, 9}  // at offset 1
	beyond   = []byte{30, 1, 2, 3, 4, 5, 6} // longer than the packet
	hops     = extension{0, empty8}
	routing  = extension{43, empty24}
	options  = extension{60, empty8}
	fragment = extension{44, first}
)

func TestParseFlow(t *testing.T) {
	for name, test := range map[string]struct {
		packet   []byte
		protocol uint16
		want     Flow
	}{
		"udp":                  {ipv4(flow4, 17, 0, 0, portsOf(flow4)), EtherTypeIPv4, flow4},
		"tcp, options":         {ipv4(flow4, 6, 40, 0, portsOf(flow4)), EtherTypeIPv4, flow4},
		"sctp":                 {ipv4(flow4, 132, 0, 0, portsOf(flow4)), EtherTypeIPv4, flow4},
		"dccp":                 {ipv4(flow4, 33, 0, 0, portsOf(flow4)), EtherTypeIPv4, flow4},
		"udp-lite":             {ipv4(flow4, 136, 0, 0, portsOf(flow4)), EtherTypeIPv4, flow4},
		"icmp":                 {ipv4(flow4, 1, 0, 0, portsOf(flow4)), EtherTypeIPv4, withoutPorts(flow4)},
		"don't fragment":       {ipv4(flow4, 17, 0, 0x4000, portsOf(flow4)), EtherTypeIPv4, flow4},
		"first fragment":       {ipv4(flow4, 17, 0, 0x2000, portsOf(flow4)), EtherTypeIPv4, flow4},
		"later fragment":       {ipv4(flow4, 17, 0, 0x2001, portsOf(flow4)), EtherTypeIPv4, withoutPorts(flow4)},
		"last fragment":        {ipv4(flow4, 17, 0, 0x1fff, portsOf(flow4)), EtherTypeIPv4, withoutPorts(flow4)},
		"cut in the ports":     {ipv4(flow4, 17, 0, 0, portsOf(flow4)[:3]), EtherTypeIPv4, withoutPorts(flow4)},
		"cut in the options":   {ipv4(flow4, 17, 8, 0, nil)[:24], EtherTypeIPv4, withoutPorts(flow4)},
		"cut in the header":    {ipv4(flow4, 17, 0, 0, nil)[:19], EtherTypeIPv4, Flow{}},
		"header length 4":      {append([]byte{0x41}, ipv4(flow4, 17, 0, 0, portsOf(flow4))[1:]...), EtherTypeIPv4, withoutPorts(flow4)},
		"arp":                  {ipv4(flow4, 17, 0, 0, portsOf(flow4)), 0x0806, Flow{}},
		"nothing":              {nil, EtherTypeIPv4, Flow{}},
		"6 udp":                {ipv6(flow6, 17, nil, portsOf(flow6)), EtherTypeIPv6, flow6},
		"6 icmp":               {ipv6(flow6, 58, nil, portsOf(flow6)), EtherTypeIPv6, withoutPorts(flow6)},
		"6 all extensions":     {ipv6(flow6, 6, []extension{hops, routing, fragment, options}, portsOf(flow6)), EtherTypeIPv6, withoutPorts(flow6)},
		"6 three extensions":   {ipv6(flow6, 6, []extension{hops, routing, fragment}, portsOf(flow6)), EtherTypeIPv6, flow6},
		"6 first fragment":     {ipv6(flow6, 17, []extension{fragment}, portsOf(flow6)), EtherTypeIPv6, flow6},
		"6 later fragment":     {ipv6(flow6, 17, []extension{{44, later}}, portsOf(flow6)), EtherTypeIPv6, withoutPorts(flow6)},
		"6 extension beyond":   {ipv6(flow6, 17, []extension{{60, beyond}}, portsOf(flow6)), EtherTypeIPv6, withoutPorts(flow6)},
		"6 cut at extension":   {ipv6(flow6, 17, []extension{hops}, nil)[:41], EtherTypeIPv6, withoutPorts(flow6)},
		"6 no next header":     {ipv6(flow6, 59, nil, portsOf(flow6)), EtherTypeIPv6, withoutPorts(flow6)},
		"6 cut in the header":  {ipv6(flow6, 17, nil, nil)[:39], EtherTypeIPv6, Flow{}},
		"4 announced as 6":     {ipv4(flow4, 17, 0, 0, portsOf(flow4)), EtherTypeIPv6, Flow{}},
		"6 authentication, 51": {ipv6(flow6, 51, nil, portsOf(flow6)), EtherTypeIPv6, withoutPorts(flow6)},
	} {
		if got := ParseFlow(test.packet, test.protocol); got != test.want {
			t.Errorf("%s: got %v, want %v", name, got, test.want)
		}
	}
}

// FuzzParseFlow reads anything, and cut packets never tell more than whole ones.
func FuzzParseFlow(f *testing.F) {
	f.Add(ipv4(flow4, 17, 8, 0, portsOf(flow4)), uint16(EtherTypeIPv4))
	f.Add(ipv6(flow6, 6, []extension{hops, routing, fragment}, portsOf(flow6)), uint16(EtherTypeIPv6))
	f.Add([]byte{0x45}, uint16(0x88b5))
	f.Fuzz(func(t *testing.T, packet []byte, protocol uint16) {
		whole := ParseFlow(packet, protocol)
		if protocol != EtherTypeIPv4 && protocol != EtherTypeIPv6 && whole != (Flow{}) {
			t.Fatalf("flow %v of protocol %#x", whole, protocol)
		}
		if whole.Source.IsValid() != whole.Destination.IsValid() {
			t.Fatalf("half a flow: %v", whole)
		}
		for n := range min(len(packet), 200) {
			cut := ParseFlow(packet[:n:n], protocol)
			if cut != (Flow{}) && cut != whole && cut != withoutPorts(whole) {
				t.Fatalf("the first %d bytes give %v, all %v", n, cut, whole)
			}
		}
	})
}

// FuzzFlowRoundTrip reads what the test wrote.
func FuzzFlowRoundTrip(f *testing.F) {
	f.Add([]byte{10, 0, 0, 1}, []byte{10, 0, 0, 2}, uint16(1), uint16(2), uint8(0), uint8(3))
	f.Add(make([]byte, 16), make([]byte, 16), uint16(65535), uint16(0), uint8(3), uint8(0x1b))
	f.Fuzz(func(t *testing.T, source, destination []byte, from, to uint16, choice, shape uint8) {
		transport := []uint8{transportTCP, transportUDP, transportDCCP, transportSCTP, transportUDPLite}[choice%5]
		a, ok := netip.AddrFromSlice(source)
		b, okay := netip.AddrFromSlice(destination)
		if !ok || !okay || a.Is4() != b.Is4() {
			t.Skip("no pair of addresses")
		}
		want := Flow{netip.AddrPortFrom(a, from), netip.AddrPortFrom(b, to)}
		var got Flow
		if a.Is4() {
			got = ParseFlow(ipv4(want, transport, int(shape%11)*4, 0x4000, portsOf(want)), EtherTypeIPv4)
		} else {
			var list []extension
			for ; shape != 0 && len(list) < 3; shape >>= 2 {
				list = append(list, []extension{hops, routing, options, fragment}[shape&3])
			}
			got = ParseFlow(ipv6(want, transport, list, portsOf(want)), EtherTypeIPv6)
		}
		if got != want {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}
