package pcapfilter

// Ethernet types. Smaller numbers are lengths, and then a protocol is meant by
// its LLC service access point.
const (
	etherXNS       = 0x0600
	etherIPv4      = 0x0800
	etherARP       = 0x0806
	etherMOPDL     = 0x6001
	etherMOPRC     = 0x6002
	etherDECnet    = 0x6003
	etherLAT       = 0x6004
	etherSCA       = 0x6007
	etherRARP      = 0x8035
	etherAppleTalk = 0x809b
	etherAARP      = 0x80f3
	etherVLAN      = 0x8100
	etherIPX       = 0x8137
	etherIPv6      = 0x86dd
	etherMPLS      = 0x8847
	etherPPPoED    = 0x8863
	etherPPPoES    = 0x8864
	etherQinQ      = 0x88a8
	etherLoopback  = 0x9000
	etherOldQinQ   = 0x9100

	longestLength = 1500 // of an Ethernet frame that has a length, not a type
)

// LLC service access points.
const (
	sapIP      = 0x06
	sapSTP     = 0x42
	sapSNAP    = 0xaa
	sapIPX     = 0xe0
	sapNetBEUI = 0xf0
	sapISO     = 0xfe

	controlUI = 0x03 // what follows the two of them before SNAP
)

// Organisations in SNAP headers.
const (
	snapEthernet = 0x000000 // its types are Ethernet types
	snapApple    = 0x080007
)

const pppMPLS = 0x0281

// pppTypes are the protocols that have another number in PPP.
var pppTypes = map[uint32]uint32{
	etherIPv4: 0x21, sapISO: 0x23, etherXNS: 0x25, etherDECnet: 0x27,
	etherAppleTalk: 0x29, sapIPX: 0x2b, sapSTP: 0x31, etherIPv6: 0x57,
}

// carries is the condition that the link header announces a protocol, given by
// its Ethernet type or its service access point. The offset is for an error.
func (l *lowerer) carries(protocol uint32, offset int) *condition {
	switch {
	case l.labels > 0:
		return l.labelled(protocol, offset)
	case l.kind == linkRaw && protocol == etherIPv4:
		return l.matches(l.inLink(0, 1), 0x40, 0xf0)
	case l.kind == linkRaw && protocol == etherIPv6:
		return l.matches(l.inLink(0, 1), 0x60, 0xf0)
	case l.kind == linkRaw:
		return no()
	case l.kind == linkPPP:
		if number, ok := pppTypes[protocol]; ok {
			protocol = number
		}
		return l.equals(l.linkTypeField(), protocol)
	}
	return l.ethernetCarries(protocol)
}

func (l *lowerer) linkTypeField() *value { return l.values.at(l.linkType, 2) }

// labelled looks behind the last MPLS label, where nothing but the version of
// IP tells what follows.
func (l *lowerer) labelled(protocol uint32, offset int) *condition {
	version := uint32(0x40)
	switch protocol {
	case etherIPv4:
	case etherIPv6:
		version = 0x60
	default:
		return l.fail(offset, "only ip and ip6 can be told apart behind mpls")
	}
	bottom := l.values.at(l.payload+l.network-2, 1)
	return and(l.matches(bottom, 1, 1), l.matches(l.inNetwork(0, 1), version, 0xf0))
}

func (l *lowerer) ethernetCarries(protocol uint32) *condition {
	field := l.linkTypeField()
	switch protocol {
	case sapISO, sapIP, sapNetBEUI:
		return and(l.isLLC(), l.equals(l.inPayload(0, 2), protocol<<8|protocol))
	case sapIPX:
		inLLC := or(l.snap(snapEthernet, etherIPX),
			l.equals(l.inPayload(0, 1), sapIPX),
			l.equals(l.inPayload(0, 2), 0xffff)) // the first bytes of IPX itself
		return or(l.equals(field, etherIPX), and(l.isLLC(), inLLC))
	case etherAppleTalk:
		return or(l.equals(field, protocol), and(l.isLLC(), l.snap(snapApple, protocol)))
	case etherAARP:
		return or(l.equals(field, protocol), and(l.isLLC(), l.snap(snapEthernet, protocol)))
	}
	if protocol <= longestLength {
		return and(l.isLLC(), l.equals(l.values.at(l.linkType+2, 1), protocol))
	}
	return l.equals(field, protocol)
}

func (l *lowerer) isLLC() *condition {
	return not(l.over(l.linkTypeField(), longestLength))
}

// snap looks for an LLC header with SNAP, of an organisation and a type.
func (l *lowerer) snap(organisation, protocol uint32) *condition {
	first := uint32(sapSNAP<<24 | sapSNAP<<16 | controlUI<<8 | organisation>>16)
	second := organisation<<16 | protocol
	return and(l.equals(l.inPayload(4, 4), second), l.equals(l.inPayload(0, 4), first))
}
