package pcapfilter

// largest are the largest numbers that can be asked for.
var largest = map[string]uint32{"vlan": 0xfff, "mpls": 0xfffff, "pppoes": 0xffff}

func (n *encapsulationNode) lower(l *lowerer) *condition {
	if n.number != nil && n.number.number > largest[n.kind] {
		return l.fail(n.number.offset, "%s numbers end at %d", n.kind, largest[n.kind])
	}
	switch n.kind {
	case "vlan":
		return n.vlan(l)
	case "mpls":
		return n.mpls(l)
	case "pppoes":
		return n.session(l)
	}
	return l.carries(etherPPPoED, n.offset)
}

// numbered adds the test of the number, if there is one.
func (n *encapsulationNode) numbered(l *lowerer, c *condition, v *value, shift uint) *condition {
	if n.number == nil {
		return c
	}
	return and(c, l.matches(v, n.number.number<<shift, largest[n.kind]<<shift))
}

func (n *encapsulationNode) vlan(l *lowerer) *condition {
	switch {
	case l.labels > 0:
		return l.fail(n.offset, "vlan cannot be looked for behind mpls")
	case l.kind != linkEthernet:
		return l.fail(n.offset, "vlan needs an Ethernet header, which is not here")
	}
	c := or(l.carries(etherVLAN, n.offset), l.carries(etherQinQ, n.offset), l.carries(etherOldQinQ, n.offset))
	c = n.numbered(l, c, l.inNetwork(0, 2), 0)
	l.linkType += 4
	l.payload += 4
	return c
}

func (n *encapsulationNode) mpls(l *lowerer) *condition {
	var c *condition
	switch {
	case l.labels > 0: // another label follows one that is not the last
		c = l.matches(l.values.at(l.payload+l.network-2, 1), 0, 1)
	case l.kind == linkEthernet:
		c = l.carries(etherMPLS, n.offset)
	case l.kind == linkPPP:
		c = l.carries(pppMPLS, n.offset)
	default:
		return l.fail(n.offset, "mpls needs an Ethernet header, which is not here")
	}
	c = n.numbered(l, c, l.inNetwork(0, 4), 12)
	l.network += 4
	l.labels++
	return c
}

// session is "pppoes": six bytes of its own, and a PPP protocol number.
func (n *encapsulationNode) session(l *lowerer) *condition {
	c := n.numbered(l, l.carries(etherPPPoES, n.offset), l.inNetwork(0, 4), 0)
	l.kind = linkPPP
	l.linkHeader = l.payload + l.network + 6
	l.linkType, l.payload = l.linkHeader, l.linkHeader+2
	l.network, l.bare = 0, 0
	return c
}
