package pcapfilter

// What follows the headers known so far.
type linkKind uint8

const (
	linkEthernet linkKind = iota
	linkRaw               // an IP header at once
	linkPPP               // a PPP protocol number, in PPPoE
)

// A lowerer turns a tree into a condition. Its offsets move on as the
// expression asks for encapsulations, in the order in which it is written:
// after "vlan", everything is looked for behind a tag, even after an "or".
type lowerer struct {
	values values
	err    *SyntaxError // the first one

	kind       linkKind
	linkHeader uint32 // where the link header begins
	linkType   uint32 // where its type is
	payload    uint32 // where what it carries begins
	network    uint32 // from there to the network header
	bare       uint32 // from there to the network header in an LLC frame without SNAP
	labels     int    // of MPLS, before the network header
}

func newLowerer(link Link) *lowerer {
	l := &lowerer{values: make(values), kind: linkRaw}
	if link == Ethernet {
		l.kind, l.linkType, l.payload, l.bare = linkEthernet, 12, 14, 3
	}
	return l
}

// fail keeps the first error. It returns a condition, so that a function can
// return it.
func (l *lowerer) fail(offset int, format string, arguments ...any) *condition {
	if l.err == nil {
		l.err = wrongAt(offset, format, arguments...)
	}
	return no()
}

func (n *notNode) lower(l *lowerer) *condition {
	return not(n.of.lower(l))
}

func (n *joinNode) lower(l *lowerer) *condition {
	left := n.left.lower(l)
	right := n.right.lower(l)
	if n.and {
		return and(left, right)
	}
	return or(left, right)
}

// Fields by the header that they are counted from.

func (l *lowerer) inLink(offset, size uint32) *value {
	return l.values.at(l.linkHeader+offset, size)
}

func (l *lowerer) inPayload(offset, size uint32) *value {
	return l.values.at(l.payload+offset, size)
}

func (l *lowerer) inNetwork(offset, size uint32) *value {
	return l.values.at(l.payload+l.network+offset, size)
}

func (l *lowerer) inBare(offset, size uint32) *value {
	return l.values.at(l.payload+l.bare+offset, size)
}

// afterIPv4 is a field behind the IPv4 header, whatever its length.
func (l *lowerer) afterIPv4(offset, size uint32) *value {
	start := l.payload + l.network
	return l.values.indexed(l.values.header(start), start+offset, size)
}

// afterIPv6 is a field behind the IPv6 header without its extensions.
func (l *lowerer) afterIPv6(offset, size uint32) *value {
	return l.inNetwork(40+offset, size)
}

func (l *lowerer) equals(v *value, k uint32) *condition {
	return compare(equal, v, l.values.constant(k))
}

func (l *lowerer) over(v *value, k uint32) *condition {
	return compare(greater, v, l.values.constant(k))
}

func (l *lowerer) atLeast(v *value, k uint32) *condition {
	return compare(greaterOrEqual, v, l.values.constant(k))
}

func (l *lowerer) hasBits(v *value, k uint32) *condition {
	return compare(anyBit, v, l.values.constant(k))
}

// matches compares some bits of a field.
func (l *lowerer) matches(v *value, k, mask uint32) *condition {
	return l.equals(l.values.binary(opAnd, v, l.values.constant(mask)), k)
}

// directed applies a direction to the conditions about source and destination.
func directed(direction string, source, destination func() *condition) *condition {
	switch direction {
	case "src":
		return source()
	case "dst":
		return destination()
	case "and":
		return and(source(), destination())
	}
	return or(source(), destination())
}
