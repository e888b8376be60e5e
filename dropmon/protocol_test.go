package dropmon

import "testing"

func TestProtocolName(t *testing.T) {
	for code, want := range map[uint16]string{
		0: "", 0x0800: "IPv4", 0x86dd: "IPv6", 0x0806: "ARP", 0x8100: "802.1Q", 0x88a8: "802.1ad",
		0x8847: "MPLS", 0x8848: "MPLS", 0x8863: "PPPoE", 0x8864: "PPPoE", 0x88cc: "LLDP", 0x88b5: "0x88b5", 4: "802.2", 3: "0x3",
	} {
		if got := ProtocolName(code); got != want {
			t.Errorf("%#x: got %q, want %q", code, got, want)
		}
	}
}

func TestTransportName(t *testing.T) {
	for _, test := range []struct {
		protocol  uint16
		transport uint8
		want      string
	}{
		{EtherTypeIPv4, 6, "TCP"}, {EtherTypeIPv6, 17, "UDP"}, {EtherTypeIPv4, 1, "ICMP"}, {EtherTypeIPv6, 58, "ICMPv6"},
		{EtherTypeIPv4, 0, ""}, {EtherTypeIPv4, 253, "253"}, {0x0806, 6, ""}, {0, 17, ""}, {EtherTypeIPv4, 136, "UDP-Lite"},
		{EtherTypeIPv4, 41, "IPv6-in-IP"}, {EtherTypeIPv4, 132, "SCTP"},
	} {
		if got := TransportName(test.protocol, test.transport); got != test.want {
			t.Errorf("%#x, %d: got %q, want %q", test.protocol, test.transport, got, test.want)
		}
	}
}

// Every attribute of a drop is one that a filter can ask for, and described.
func TestAttributesAreDescribed(t *testing.T) {
	for _, name := range AttributeNames() {
		if name == "" || AttributeHelp(name) == "" {
			t.Errorf("attribute %q: help %q", name, AttributeHelp(name))
		}
	}
	if got := AttributeHelp("tea"); got != "" {
		t.Errorf("help for tea: %q", got)
	}
}

func TestAttributes(t *testing.T) {
	d := full()
	got := d.Attributes()
	want := Attributes{
		Reason: "NO_SOCKET", Subsystem: "core", Class: "peer", Origin: "software", Trap: "vlan",
		NetNS: "blue", NetNSInode: 7, Interface: "eth0", IfIndex: 2, Protocol: "IPv4", Transport: "UDP",
		Source: "10.0.0.1", SourcePort: 1, Destination: "10.0.0.2", DestinationPort: 9, Length: 50,
		Process: "named", PID: 8, Packets: 2, Buffers: 1, Bytes: 100,
	}
	if got != want {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if got := (&Drop{Origin: Hardware}).Attributes(); got != (Attributes{Origin: "hardware"}) {
		t.Errorf("attributes of nothing: %+v", got)
	}
}

func TestOpenUnknownSource(t *testing.T) {
	if s, err := Open(Config{Source: "tea"}); err == nil || s != nil {
		t.Errorf("got %v, %v, want an error", s, err)
	}
}
