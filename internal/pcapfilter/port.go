package pcapfilter

import (
	"strconv"
	"strings"
)

// IP protocols that have ports, or a meaning of their own here.
const (
	protocolICMP   = 1
	protocolIGMP   = 2
	protocolTCP    = 6
	protocolIGRP   = 9
	protocolUDP    = 17
	protocolFrag   = 44
	protocolESP    = 50
	protocolAH     = 51
	protocolICMPv6 = 58
	protocolPIM    = 103
	protocolVRRP   = 112 // and CARP
	protocolSCTP   = 132
)

// ports is a port or a range of them, and where it can be.
type ports struct {
	first, last uint32
	protocols   []uint32 // in the order of the tests
}

var portProtocols = map[string]uint32{"tcp": protocolTCP, "udp": protocolUDP, "sctp": protocolSCTP}

func (l *lowerer) port(n *idNode) *condition {
	number, protocol := l.portNumber(n, n.token.text)
	return l.inPorts(n, ports{number, number, l.portProtocols(n, protocol)})
}

func (l *lowerer) portRange(n *idNode) *condition {
	if n.token.kind != tokenName {
		return l.port(n)
	}
	lower, upper, both := strings.Cut(n.token.text, "-")
	if !both {
		return l.fail(n.token.offset, "expected two ports with a hyphen between them, such as 6000-6008")
	}
	first, protocol := l.portNumber(n, lower)
	last, ofLast := l.portNumber(n, upper)
	if protocol != ofLast {
		protocol = ""
	}
	return l.inPorts(n, ports{min(first, last), max(first, last), l.portProtocols(n, protocol)})
}

// portNumber reads a port. A name may belong to one protocol only.
func (l *lowerer) portNumber(n *idNode, text string) (number uint32, protocol string) {
	number = n.token.number
	switch n.token.kind {
	case tokenNumber:
	case tokenName:
		if service, ok := services[text]; ok {
			return service.port, service.protocol
		}
		decimal, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			l.fail(n.token.offset, "unknown port %q; use the number", text)
		}
		number = uint32(decimal)
	default:
		l.fail(n.token.offset, "expected a port, found the address %s", n.token.text)
	}
	if number > 65535 {
		l.fail(n.token.offset, "port %d is greater than 65535", number)
	}
	return number, ""
}

// portProtocols are those in which a port is looked for, given the protocol
// that its name belongs to.
func (l *lowerer) portProtocols(n *idNode, protocol string) []uint32 {
	wanted := n.qualifier.protocol
	_, known := portProtocols[wanted]
	switch {
	case wanted != "" && !known:
		l.fail(n.token.offset, "%s has no ports; use tcp, udp or sctp, or nothing", wanted)
	case wanted != "" && protocol != "" && wanted != protocol:
		l.fail(n.token.offset, "%v is a port of %s; use the number", n.token, protocol)
	case wanted != "":
		return []uint32{portProtocols[wanted]}
	case protocol != "":
		return []uint32{portProtocols[protocol]}
	}
	return []uint32{protocolSCTP, protocolTCP, protocolUDP}
}

// inPorts tests the ports where their protocol follows the IPv6 header at once,
// and in IPv4 packets that are no later fragments.
func (l *lowerer) inPorts(n *idNode, p ports) *condition {
	in := func(version *condition, protocol *value, first *condition, field func(offset, size uint32) *value) *condition {
		var any *condition
		for _, number := range p.protocols {
			c := l.equals(protocol, number)
			if first != nil {
				c = and(c, first)
			}
			c = and(c, directed(n.qualifier.direction,
				func() *condition { return l.within(field(0, 2), p) },
				func() *condition { return l.within(field(2, 2), p) }))
			if any == nil {
				any = c
			} else {
				any = or(any, c)
			}
		}
		return and(version, any)
	}
	return or(
		in(l.carries(etherIPv6, n.token.offset), l.inNetwork(6, 1), nil, l.afterIPv6),
		in(l.carries(etherIPv4, n.token.offset), l.inNetwork(9, 1), l.firstFragment(), l.afterIPv4))
}

// firstFragment is true of an IPv4 packet that is whole or begins one.
func (l *lowerer) firstFragment() *condition {
	return not(l.hasBits(l.inNetwork(6, 2), 0x1fff))
}

func (l *lowerer) within(v *value, p ports) *condition {
	if p.first == p.last {
		return l.equals(v, p.first)
	}
	return and(l.atLeast(v, p.first), not(l.over(v, p.last)))
}
