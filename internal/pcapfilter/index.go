package pcapfilter

var operations = map[string]operation{
	"+": opAdd, "-": opSubtract, "*": opMultiply, "/": opDivide, "%": opRemainder,
	"&": opAnd, "|": opOr, "^": opXor, "<<": opShiftLeft, ">>": opShiftRight,
}

// lower makes a comparison false where a field belongs to a protocol that the
// frame does not carry.
func (n *relationNode) lower(l *lowerer) *condition {
	leftCarried, left := n.left.lower(l)
	rightCarried, right := n.right.lower(l)
	if l.err != nil {
		return no()
	}
	var c *condition
	switch n.relation {
	case "=":
		c = compare(equal, left, right)
	case "!=":
		c = not(compare(equal, left, right))
	case ">":
		c = compare(greater, left, right)
	case "<=":
		c = not(compare(greater, left, right))
	case ">=":
		c = compare(greaterOrEqual, left, right)
	case "<":
		c = not(compare(greaterOrEqual, left, right))
	}
	return and(leftCarried, rightCarried, c)
}

// lower returns the value, and the condition that the frame has it. Of an
// operation, that is the condition for its left side: 1 + ip[8] is computed of
// any frame.
func (a *arithmetic) lower(l *lowerer) (*condition, *value) {
	switch a.operator {
	case "number":
		return yes(), l.values.constant(a.number)
	case "len":
		return yes(), l.values.length()
	case "load":
		return a.load(l)
	case "negative":
		carried, v := a.left.lower(l)
		inverse := l.values.binary(opXor, v, l.values.constant(0xffffffff))
		return carried, l.values.binary(opAdd, inverse, l.values.constant(1))
	}
	carried, left := a.left.lower(l)
	_, right := a.right.lower(l) // tcpdump, too, forgets what this one belongs to
	if right.operation == opConstant {
		switch {
		case right.k == 0 && (a.operator == "/" || a.operator == "%"):
			l.fail(a.offset, "division by zero")
			return no(), right
		case right.k > 31 && (a.operator == "<<" || a.operator == ">>"):
			l.fail(a.offset, "shift by more than 31 bits")
			return no(), right
		}
	}
	return carried, l.values.binary(operations[a.operator], left, right)
}

func (a *arithmetic) load(l *lowerer) (*condition, *value) {
	carried, index := a.left.lower(l)
	if a.size != 1 && a.size != 2 && a.size != 4 {
		return l.fail(a.sizeOffset, "a field has 1, 2 or 4 bytes, not %d", a.size), index
	}
	switch a.protocol {
	case "ether":
		return carried, l.values.indexed(index, l.linkHeader, a.size)
	case "ip", "arp", "rarp", "atalk", "decnet", "sca", "lat", "moprc", "mopdl", "ip6":
		start := l.payload + l.network
		return and(carried, l.isProtocol(a.protocol, a.offset)), l.values.indexed(index, start, a.size)
	case "tcp", "udp", "sctp", "icmp", "igmp", "igrp", "pim", "vrrp", "carp":
		start := l.payload + l.network
		index = l.values.binary(opAdd, index, l.values.header(start))
		carried = and(l.carries(etherIPv4, a.offset), carried, l.isProtocol(a.protocol, a.offset), l.firstFragment())
		return carried, l.values.indexed(index, start, a.size)
	case "icmp6":
		start := l.payload + l.network + 40
		isICMPv6 := l.equals(l.inNetwork(6, 1), protocolICMPv6)
		return and(carried, l.carries(etherIPv6, a.offset), isICMPv6), l.values.indexed(index, start, a.size)
	}
	return l.fail(a.offset, "the header of %s has no known place, so its fields cannot be loaded", a.protocol), index
}
