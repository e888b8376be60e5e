package dropmon

import "strconv"

// ProtocolName is the usual name of an EtherType, or its number in hex; empty
// for 0, which no network packet has.
func ProtocolName(etherType uint16) string {
	switch etherType {
	case 0:
		return ""
	case EtherTypeIPv4:
		return "IPv4"
	case EtherTypeIPv6:
		return "IPv6"
	case 0x0806:
		return "ARP"
	case 0x8035:
		return "RARP"
	case 0x8100:
		return "802.1Q"
	case 0x88a8:
		return "802.1ad"
	case 0x8847, 0x8848:
		return "MPLS"
	case 0x8863, 0x8864:
		return "PPPoE"
	case 0x888e:
		return "EAPOL"
	case 0x88cc:
		return "LLDP"
	case 0x88e5:
		return "MACsec"
	case 0x88f7:
		return "PTP"
	case 0x0004:
		return "802.2"
	}
	return "0x" + strconv.FormatUint(uint64(etherType), 16)
}

// TransportName is the usual name of an IP protocol, or its number.
func TransportName(etherType uint16, transport uint8) string {
	if etherType != EtherTypeIPv4 && etherType != EtherTypeIPv6 {
		return ""
	}
	switch transport {
	case 0:
		return ""
	case 1:
		return "ICMP"
	case 2:
		return "IGMP"
	case 4:
		return "IPIP"
	case transportTCP:
		return "TCP"
	case transportUDP:
		return "UDP"
	case transportDCCP:
		return "DCCP"
	case 41:
		return "IPv6-in-IP"
	case 47:
		return "GRE"
	case 50:
		return "ESP"
	case 51:
		return "AH"
	case 58:
		return "ICMPv6"
	case 89:
		return "OSPF"
	case 103:
		return "PIM"
	case 112:
		return "VRRP"
	case transportSCTP:
		return "SCTP"
	case transportUDPLite:
		return "UDP-Lite"
	}
	return strconv.Itoa(int(transport))
}
