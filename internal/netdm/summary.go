package netdm

import (
	"encoding/binary"
	"fmt"
)

const hitBytes = 12 // struct net_dm_drop_point

// decodeSummary reads a summary alert. Its memory grows only with what is
// really in the message.
func (a *Alert) decodeSummary(body []byte) error {
	a.Mode, a.Packet = Summary, Packet{}
	a.Hits, a.Traps = a.Hits[:0], a.Traps[:0]
	walk := attributes{rest: body}
	for walk.next() {
		switch walk.typ {
		case attributeSummary:
			a.decodeHits(&walk)
		case attributeHWEntries:
			nest := walk.nest()
			a.decodeTraps(&nest)
			if nest.err != nil {
				walk.fail("HW_ENTRIES", nest.err)
			}
		}
	}
	return walk.err
}

func (a *Alert) decodeHits(walk *attributes) {
	data := walk.data
	if len(data) < 4 {
		walk.need("UNSPEC", 4)
		return
	}
	count := int64(binary.NativeEndian.Uint32(data))
	data = data[4:]
	if count*hitBytes != int64(len(data)) {
		walk.fail("UNSPEC", fmt.Errorf("has %d bytes for %d entries of %d", len(data), count, hitBytes))
		return
	}
	for ; len(data) > 0; data = data[hitBytes:] {
		a.Hits = append(a.Hits, Hit{
			Location: binary.NativeEndian.Uint64(data),
			Count:    binary.NativeEndian.Uint32(data[8:]),
		})
	}
}

func (a *Alert) decodeTraps(entries *attributes) {
	for entries.next() {
		if entries.typ != attributeHWEntry {
			continue
		}
		var hit TrapHit
		entry := entries.nest()
		for entry.next() {
			switch entry.typ {
			case attributeTrap:
				hit.Trap = entry.text()
			case attributeTrapCount:
				hit.Count = entry.uint32("HW_TRAP_COUNT")
			}
		}
		if entry.err != nil {
			entries.fail("HW_ENTRY", entry.err)
			return
		}
		a.Traps = append(a.Traps, hit)
	}
}
