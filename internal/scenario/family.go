package scenario

import (
	"net/netip"

	"golang.org/x/sys/unix"
)

// A family is IPv4 or IPv6, with what differs between them in the scenarios
// that exist for both.
type family struct {
	ipv6   bool
	prefix string // of scenario names
	ether  uint16
	icmp   uint8
	bits   string // length of a host prefix
	table  string // nft family
}

func ipv4() family {
	return family{ether: unix.ETH_P_IP, icmp: unix.IPPROTO_ICMP, bits: "/32", table: "ip"}
}

func ipv6() family {
	return family{ipv6: true, prefix: "ip6_", ether: unix.ETH_P_IPV6, icmp: unix.IPPROTO_ICMPV6, bits: "/128", table: "ip6"}
}

func families() []family { return []family{ipv4(), ipv6()} }

// needs adds IPv6 to what a scenario needs, if this is IPv6.
func (f family) needs(more ...Need) []Need {
	if f.ipv6 {
		return append([]Need{IPv6}, more...)
	}
	return more
}

// pick chooses by family.
func pick[T any](f family, v4, v6 T) T {
	if f.ipv6 {
		return v6
	}
	return v4
}

// nowhere is an address behind no wire of the lab.
func (f family) nowhere() netip.Addr {
	return pick(f, netip.AddrFrom4([4]byte{10, 99, 0, 7}), netip.MustParseAddr("fd00:99::7"))
}

// nowhereNet is the network of nowhere.
func (f family) nowhereNet() netip.Prefix { return f.besideNowhere().Masked() }

// besideNowhere is an address in the network of nowhere for a node itself.
func (f family) besideNowhere() netip.Prefix {
	return netip.MustParsePrefix(pick(f, "10.99.0.1/24", "fd00:99::1/64"))
}

// nobody is a hardware address that no interface has.
func nobody() [6]byte { return [6]byte{0x02, 0xd0, 0, 0, 9, 9} }

// domain is the address family of sockets.
func (f family) domain() int { return pick(f, unix.AF_INET, unix.AF_INET6) }

// counter names a counter of /proc/net/snmp, or the one of /proc/net/snmp6
// that means the same.
func (f family) counter(group, name string) string {
	if f.ipv6 && group != "Tcp" && group != "TcpExt" {
		return group + "6" + name
	}
	return group + "." + name
}
