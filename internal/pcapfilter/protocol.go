package pcapfilter

import (
	"strconv"
	"strings"
)

// How a protocol is recognised when its name stands alone: by what the link
// header announces, or by the number in the IP headers.
var (
	linkProtocols = map[string]uint32{
		"ip": etherIPv4, "ip6": etherIPv6, "arp": etherARP, "rarp": etherRARP,
		"atalk": etherAppleTalk, "aarp": etherAARP, "decnet": etherDECnet,
		"lat": etherLAT, "sca": etherSCA, "moprc": etherMOPRC, "mopdl": etherMOPDL,
		"iso": sapISO, "stp": sapSTP, "ipx": sapIPX, "netbeui": sapNetBEUI,
	}
	ipProtocols = map[string]struct {
		number  uint32
		version string // ip or ip6 if it is looked for in only one of them
	}{
		"tcp": {protocolTCP, ""}, "udp": {protocolUDP, ""}, "sctp": {protocolSCTP, ""},
		"ah": {protocolAH, ""}, "esp": {protocolESP, ""}, "pim": {protocolPIM, ""},
		"icmp": {protocolICMP, "ip"}, "igmp": {protocolIGMP, "ip"}, "igrp": {protocolIGRP, "ip"},
		"vrrp": {protocolVRRP, "ip"}, "carp": {protocolVRRP, "ip"},
		"icmp6": {protocolICMPv6, "ip6"},
	}
	isoProtocols = map[string]uint32{"clnp": 0x81, "esis": 0x82, "isis": 0x83}
	// isisKinds are types of IS-IS packets.
	isisKinds = map[string][]uint32{
		"l1": {26, 24, 18, 15, 17}, "l2": {27, 25, 20, 16, 17},
		"iih": {17, 15, 16}, "lsp": {18, 20}, "snp": {27, 26, 24, 25},
		"csnp": {24, 25}, "psnp": {26, 27},
	}
)

func (n *protocolNode) lower(l *lowerer) *condition {
	return l.isProtocol(n.protocol, n.offset)
}

func (l *lowerer) isProtocol(name string, offset int) *condition {
	if number, ok := linkProtocols[name]; ok {
		return l.carries(number, offset)
	}
	if p, ok := ipProtocols[name]; ok {
		return l.inIP(p.version, p.number, offset)
	}
	if number, ok := isoProtocols[name]; ok {
		return l.inISO(number, offset)
	}
	kinds := isisKinds[name]
	if len(kinds) == 0 {
		return l.fail(offset, "%s is not a test alone; expected host, src, dst, proto, broadcast, multicast or [", name)
	}
	c := l.inISIS(kinds[0], offset)
	for _, kind := range kinds[1:] {
		c = or(c, l.inISIS(kind, offset))
	}
	return c
}

// inIP looks for a protocol number in the IP header, and in IPv6 also in a
// fragment header that follows it.
func (l *lowerer) inIP(version string, number uint32, offset int) *condition {
	switch version {
	case "ip":
		return and(l.carries(etherIPv4, offset), l.equals(l.inNetwork(9, 1), number))
	case "ip6":
		next := l.inNetwork(6, 1)
		return and(l.carries(etherIPv6, offset), or(l.equals(next, number),
			and(l.equals(next, protocolFrag), l.equals(l.inNetwork(40, 1), number))))
	}
	return or(l.inIP("ip", number, offset), l.inIP("ip6", number, offset))
}

func (l *lowerer) inISO(number uint32, offset int) *condition {
	return and(l.carries(sapISO, offset), l.equals(l.inBare(0, 1), number))
}

func (l *lowerer) inISIS(kind uint32, offset int) *condition {
	return and(l.inISO(isoProtocols["isis"], offset), l.equals(l.inBare(4, 1), kind))
}

// protocolID is "proto" with what follows it.
func (l *lowerer) protocolID(n *idNode) *condition {
	within, at := n.qualifier.protocol, n.token.offset
	number := n.token.number
	switch within {
	case "", "ip", "ip6", "ether", "iso", "isis":
	default:
		return l.fail(at, "%s has no field for a protocol; use proto after ip, ip6, ether, iso or isis", within)
	}
	if n.token.kind == tokenName {
		var ok bool
		if number, ok = protocolNumber(within, n.token.text); !ok {
			return l.fail(at, "unknown protocol %v; use the number", n.token)
		}
	} else if n.token.kind != tokenNumber {
		return l.fail(at, "expected a protocol, found the address %s", n.token.text)
	}
	switch within {
	case "ether":
		return l.carries(number, at)
	case "iso":
		return l.inISO(number, at)
	case "isis":
		return l.inISIS(number, at)
	}
	return l.inIP(within, number, at)
}

// protocolNumber looks a name up among the protocols that another carries.
func protocolNumber(within, name string) (uint32, bool) {
	switch within {
	case "ether":
		if name == "loopback" {
			return etherLoopback, true
		}
		number, ok := linkProtocols[name]
		return number, ok
	case "iso":
		number, ok := isoProtocols[name]
		return number, ok
	case "isis":
		return 0, false
	}
	number, ok := ipNumbers[name]
	return number, ok
}

// hostDECnet tests a DECnet address, a number or AREA.NODE, in the four forms
// that its header can have: long or short, with a byte of padding or without.
func (l *lowerer) hostDECnet(n *idNode) *condition {
	address := n.token.number
	if n.token.kind == tokenIPv4 {
		area, node, ok := cutNumbers(n.token.text)
		if !ok {
			return l.fail(n.token.offset, "%s is not a DECnet address; write it as AREA.NODE", n.token.text)
		}
		address = area<<10&0xfc00 | node&0x3ff
	}
	if n.length != nil || n.mask != nil {
		return l.fail(n.token.offset, "a DECnet address has no mask")
	}
	swapped := address&0xff<<8 | address>>8&0xff
	test := func(long, short uint32) func() *condition {
		return func() *condition {
			padding, flags := l.inNetwork(2, 2), l.inNetwork(2, 1)
			at := func(offset uint32) *condition { return l.equals(l.inNetwork(offset, 2), swapped) }
			return and(l.carries(etherDECnet, n.token.offset), or(
				and(l.matches(flags, 0x02, 0x07), at(2+short)),
				and(l.matches(padding, 0x8102, 0xff07), at(3+short)),
				and(l.matches(flags, 0x06, 0x07), at(2+long)),
				and(l.matches(padding, 0x8106, 0xff07), at(3+long))))
		}
	}
	return directed(n.qualifier.direction, test(15, 3), test(7, 1))
}

// cutNumbers reads the first two of some decimal numbers with dots between them.
func cutNumbers(text string) (first, second uint32, ok bool) {
	parts := strings.Split(text, ".")
	area, err := strconv.ParseUint(parts[0], 10, 32)
	if err != nil {
		return 0, 0, false
	}
	node, err := strconv.ParseUint(parts[1], 10, 32)
	return uint32(area), uint32(node), err == nil
}
