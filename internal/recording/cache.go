package recording

import (
	"dropwatch/dropmon"
	"dropwatch/internal/session"
	"dropwatch/symbols"
)

// A known is a row that the file has, with what its packets need.
type known struct {
	key      rowKey
	index    uint32
	device   uint32 // number of the interface
	received *uint64
	comment  []byte
}

// A rowKey is all that packets of a row have in common.
type rowKey struct {
	packets, buffers uint64
	link             int
	origin           dropmon.Origin
	location         uint64
	symbol           symbols.Symbol
	reason           dropmon.Reason
	class            dropmon.Class
	trap             dropmon.Trap
	device           dropmon.Interface
	netns            dropmon.NetNS
	protocol         uint16
	transport        uint8
	flags            dropmon.Flags
	process          dropmon.Process
}

func keyOf(e *session.Entry) rowKey {
	return rowKey{
		packets: e.Packets, buffers: e.Buffers, link: e.LinkLength,
		origin: e.Origin, location: e.Location, symbol: e.Symbol,
		reason: e.Reason, class: e.Class, trap: e.Trap, device: e.Interface, netns: e.NetNS,
		protocol: e.Protocol, transport: e.Transport, flags: e.Flags, process: e.Process,
	}
}

// is tells whether a packet is of the row. Numbers, which differ most often,
// come first.
func (k *rowKey) is(e *session.Entry) bool {
	return k.location == e.Location && k.process.PID == e.Process.PID &&
		k.device.Index == e.Interface.Index && k.netns.Inode == e.NetNS.Inode &&
		k.packets == e.Packets && k.buffers == e.Buffers && k.link == e.LinkLength &&
		k.protocol == e.Protocol && k.transport == e.Transport && k.flags == e.Flags && k.origin == e.Origin &&
		k.reason == e.Reason && k.class == e.Class && k.trap == e.Trap &&
		k.device.Name == e.Interface.Name && k.netns.Name == e.NetNS.Name &&
		k.process.Name == e.Process.Name && k.symbol == e.Symbol
}

// slots is how many rows are found without a look into the map.
const slots = 256

// A cache finds the row of a packet.
type cache struct {
	recent [slots]*known
	rows   map[rowKey]*known
}

// find returns nil if the row is not there yet. It allocates nothing.
func (c *cache) find(e *session.Entry) *known {
	slot := &c.recent[slotOf(e)]
	if k := *slot; k != nil && k.key.is(e) {
		return k
	}
	k := c.rows[keyOf(e)]
	if k != nil {
		*slot = k
	}
	return k
}

func slotOf(e *session.Entry) uint64 {
	h := e.Location ^ uint64(e.Interface.Index)<<7 ^ uint64(e.NetNS.Inode)<<13 ^ uint64(e.Process.PID)<<23 ^
		uint64(e.Transport)<<3 ^ uint64(e.LinkLength) ^ e.Packets<<17
	return h * 0x9e3779b97f4a7c15 >> 56
}

// add keeps a row, and gives it its number. When there are too many it forgets
// all others.
func (c *cache) add(k *known) {
	if c.rows == nil || len(c.rows) >= maxRows {
		*c = cache{rows: make(map[rowKey]*known)}
	}
	c.rows[k.key] = k
	k.index = uint32(len(c.rows))
}
