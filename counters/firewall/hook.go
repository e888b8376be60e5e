package firewall

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// familyName is what nft calls a family.
func familyName(family uint8) string {
	switch family {
	case unix.NFPROTO_INET:
		return "inet"
	case unix.NFPROTO_IPV4:
		return "ip"
	case unix.NFPROTO_ARP:
		return "arp"
	case unix.NFPROTO_NETDEV:
		return "netdev"
	case unix.NFPROTO_BRIDGE:
		return "bridge"
	case unix.NFPROTO_IPV6:
		return "ip6"
	}
	return "family " + strconv.Itoa(int(family))
}

// hookName is what nft calls a hook, whose numbers each family has of its own.
func hookName(family uint8, hook uint32) string {
	var names []string
	switch family {
	case unix.NFPROTO_NETDEV:
		names = []string{"ingress", "egress"}
	case unix.NFPROTO_ARP:
		names = []string{"input", "output", "forward"}
	default:
		names = []string{"prerouting", "input", "forward", "output", "postrouting", "ingress"}
	}
	if int64(hook) < int64(len(names)) {
		return names[hook]
	}
	return "hook " + strconv.FormatUint(uint64(hook), 10)
}
