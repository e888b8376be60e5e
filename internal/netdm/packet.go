package netdm

import "time"

// decode reads a packet alert. It allocates nothing: slices refer to body.
func (p *Packet) decode(body []byte) error {
	*p = Packet{}
	walk := attributes{rest: body}
	for walk.next() {
		switch walk.typ {
		case attributeOrigin:
			p.Origin = Origin(walk.uint16("ORIGIN"))
		case attributePC:
			p.Location = walk.uint64("PC")
		case attributeSymbol:
			p.Symbol = walk.text()
		case attributeReason:
			p.Reason = walk.text()
		case attributeTrapGroup:
			p.TrapGroup = walk.text()
		case attributeTrap:
			p.Trap = walk.text()
		case attributeCookie:
			p.Cookie = walk.data
		case attributeInPort:
			p.decodePort(&walk)
		case attributeTimestamp:
			p.Time = time.Unix(0, int64(walk.uint64("TIMESTAMP")))
		case attributeLength:
			p.Length = walk.uint32("ORIG_LEN")
		case attributeProtocol:
			p.Protocol = walk.uint16("PROTO")
		case attributePayload:
			p.Payload = walk.data
		}
	}
	return walk.err
}

func (p *Packet) decodePort(walk *attributes) {
	port := walk.nest()
	for port.next() {
		switch port.typ {
		case attributePortIndex:
			p.Interface = port.uint32("NETDEV_IFINDEX")
		case attributePortName:
			p.InterfaceName = port.text()
		}
	}
	if port.err != nil {
		walk.fail("IN_PORT", port.err)
	}
}
