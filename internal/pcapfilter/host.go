package pcapfilter

func (n *idNode) lower(l *lowerer) *condition {
	switch n.qualifier.kind {
	case "port":
		return l.port(n)
	case "portrange":
		return l.portRange(n)
	case "proto":
		return l.protocolID(n)
	case "protochain":
		return l.fail(n.token.offset, "protochain needs a loop, which the kernel does not let a filter have; use proto")
	}
	switch n.token.kind {
	case tokenStation:
		return l.stationHost(n)
	case tokenIPv6:
		return l.hostIPv6(n)
	case tokenName:
		return l.fail(n.token.offset, "%v is not an address, and names are not looked up; use the address", n.token)
	}
	if n.qualifier.protocol == "decnet" {
		return l.hostDECnet(n)
	}
	address, mask, ok := n.addressIPv4(l)
	if !ok {
		return no()
	}
	return l.hostIPv4(n, address, mask)
}

// addressIPv4 reads an address and the mask that goes with the way it is
// written: 10.1 is what begins so, and so is the network 10.
func (n *idNode) addressIPv4(l *lowerer) (address, mask uint32, ok bool) {
	if n.token.kind == tokenNumber {
		address, mask = n.token.number, 0xffffffff
		for n.qualifier.kind == "net" && address != 0 && address < 1<<24 {
			address, mask = address<<8, mask<<8
		}
		return address, mask, true
	}
	address, bits, ok := parseIPv4(n.token.text)
	if !ok {
		l.fail(n.token.offset, "%s is not an IPv4 address", n.token.text)
		return 0, 0, false
	}
	mask = 0xffffffff << (32 - bits)
	if n.length == nil && n.mask == nil {
		return address, mask, true
	}
	after := n.mask
	if n.length != nil {
		after = n.length
		mask = 0xffffffff << (32 - min(n.length.number, 32))
		ok = n.length.number <= 32
	} else {
		mask, _, ok = parseIPv4(n.mask.text)
	}
	switch {
	case !ok:
		l.fail(after.offset, "%s is not a mask of an IPv4 network", after.text)
	case n.qualifier.kind != "net":
		l.fail(after.offset, "only a net has a mask")
	case address&^mask != 0:
		l.fail(n.token.offset, "%s has bits set beyond its mask", n.token.text)
	}
	return address, mask, l.err == nil
}

// hostIPv4 tests an address in IP and ARP, unless one of them is named.
func (l *lowerer) hostIPv4(n *idNode, address, mask uint32) *condition {
	test := func(protocol, source, destination uint32) *condition {
		field := func(offset uint32) func() *condition {
			return func() *condition {
				carried := l.carries(protocol, n.token.offset)
				return and(carried, l.matches(l.inNetwork(offset, 4), address, mask))
			}
		}
		return directed(n.qualifier.direction, field(source), field(destination))
	}
	inIP := func() *condition { return test(etherIPv4, 12, 16) }
	inARP := func() *condition { return test(etherARP, 14, 24) }
	inRARP := func() *condition { return test(etherRARP, 14, 24) }
	switch n.qualifier.protocol {
	case "ip":
		return inIP()
	case "arp":
		return inARP()
	case "rarp":
		return inRARP()
	case "":
		if l.labels > 0 {
			return inIP()
		}
		return or(inIP(), inARP(), inRARP())
	case "ether":
		return l.fail(n.token.offset, "ether needs an Ethernet address such as 00:11:22:33:44:55, not %s", n.token.text)
	}
	return l.fail(n.token.offset, "%s has no IPv4 addresses; use ip, arp or rarp, or nothing", n.qualifier.protocol)
}

func (l *lowerer) hostIPv6(n *idNode) *condition {
	length := uint32(128)
	if n.length != nil {
		length = n.length.number
	}
	address, mask := ipv6Words(n.token.address), ipv6Mask(length)
	switch {
	case length > 128:
		return l.fail(n.length.offset, "the length of an IPv6 prefix is at most 128")
	case beyond(address, mask):
		return l.fail(n.token.offset, "%s has bits set beyond its mask", n.token.text)
	case length != 128 && n.qualifier.kind != "net":
		return l.fail(n.length.offset, "only a net has a mask")
	case n.qualifier.protocol != "" && n.qualifier.protocol != "ip6":
		return l.fail(n.token.offset, "%s has no IPv6 addresses; use ip6, or nothing", n.qualifier.protocol)
	}
	field := func(offset uint32) func() *condition {
		return func() *condition {
			c := l.carries(etherIPv6, n.token.offset)
			for i := range uint32(4) {
				c = and(c, l.matches(l.inNetwork(offset+4*i, 4), address[i], mask[i]))
			}
			return c
		}
	}
	return directed(n.qualifier.direction, field(8), field(24))
}

// ipv6Mask has its first bits set.
func ipv6Mask(length uint32) (mask [4]uint32) {
	for i := range mask {
		mask[i] = ^uint32(0) << (32 - min(length, 32))
		length -= min(length, 32)
	}
	return mask
}

func beyond(address, mask [4]uint32) bool {
	for i := range address {
		if address[i]&^mask[i] != 0 {
			return true
		}
	}
	return false
}
