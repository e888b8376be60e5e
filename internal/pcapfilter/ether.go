package pcapfilter

import "strings"

// station tests the Ethernet address at an offset of the link header. The last
// four bytes differ more often.
func (l *lowerer) station(offset uint32, address [6]byte) *condition {
	high := uint32(address[0])<<8 | uint32(address[1])
	low := uint32(address[2])<<24 | uint32(address[3])<<16 | uint32(address[4])<<8 | uint32(address[5])
	return and(l.equals(l.inLink(offset+2, 4), low), l.equals(l.inLink(offset, 2), high))
}

// stationHost is "ether host" and the like.
func (l *lowerer) stationHost(n *idNode) *condition {
	switch {
	case n.qualifier.protocol != "ether" || n.qualifier.kind != "host" && n.qualifier.kind != "":
		return l.fail(n.token.offset, "an Ethernet address needs ether host, ether src or ether dst before it")
	case l.kind != linkEthernet:
		return l.fail(n.token.offset, "there are no Ethernet addresses here")
	}
	return directed(n.qualifier.direction,
		func() *condition { return l.station(6, n.token.station) },
		func() *condition { return l.station(0, n.token.station) })
}

func (n *castNode) lower(l *lowerer) *condition {
	name := "broadcast"
	if n.multicast {
		name = "multicast"
	}
	switch n.protocol {
	case "", "ether":
		if l.kind != linkEthernet {
			return l.fail(n.offset, "there are no Ethernet addresses here; write ip %s", name)
		}
		if n.multicast {
			return l.hasBits(l.inLink(0, 1), 1)
		}
		return l.station(0, [6]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	case "ip":
		isIP, destination := l.carries(etherIPv4, n.offset), l.inNetwork(16, 4)
		if n.multicast {
			return and(isIP, l.atLeast(l.inNetwork(16, 1), 224))
		}
		// No mask is known, so these are all that are sure to be broadcasts.
		return and(isIP, or(l.equals(destination, 0), l.equals(destination, 0xffffffff)))
	case "ip6":
		if n.multicast {
			return and(l.carries(etherIPv6, n.offset), l.equals(l.inNetwork(24, 1), 0xff))
		}
	}
	return l.fail(n.offset, "%s %s is not known; use ether or ip with it, or ip6 multicast", n.protocol, name)
}

// llcKinds are the kinds of LLC frames, by some bits of their third byte.
var llcKinds = map[string]struct{ bits, mask uint32 }{
	"i": {0, 0x01}, "s": {0x01, 0x03}, "u": {0x03, 0x03},
	"rr": {0x01, 0x0f}, "rnr": {0x05, 0x0f}, "rej": {0x09, 0x0f},
	"ui": {0x03, 0xef}, "ua": {0x63, 0xef}, "disc": {0x43, 0xef}, "dm": {0x0f, 0xef},
	"sabme": {0x6f, 0xef}, "test": {0xe3, 0xef}, "xid": {0xaf, 0xef}, "frmr": {0x87, 0xef},
}

var llcKindNames = strings.Join(strings.Fields("i s u rr rnr rej ui ua disc dm sabme test xid frmr"), ", ")

func (n *llcNode) lower(l *lowerer) *condition {
	if l.kind != linkEthernet {
		return l.fail(n.offset, "there are no LLC frames here")
	}
	c := and(l.isLLC(), not(l.equals(l.inPayload(0, 2), 0xffff)))
	if n.kind == "" {
		return c
	}
	kind := llcKinds[n.kind]
	return and(c, l.matches(l.inPayload(2, 1), kind.bits, kind.mask))
}

func (n *sizeNode) lower(l *lowerer) *condition {
	if n.greater {
		return l.atLeast(l.values.length(), n.limit)
	}
	return not(l.over(l.values.length(), n.limit))
}

func (n *byteNode) lower(l *lowerer) *condition {
	v := l.inLink(n.index, 1)
	switch n.relation {
	case "=":
		return l.equals(v, n.value)
	case "<":
		return not(l.atLeast(v, n.value))
	}
	return l.over(v, n.value)
}
