package cluster

import (
	"cmp"
	"math"
	"net/netip"
	"slices"

	"dropwatch/internal/peer/record"
)

// Told is what one host tells of its drops in the time of a report.
type told struct {
	host    *Host
	seconds float64 // that it tells of
	lost    uint64
	missed  uint64
	classes map[string]uint64
	rows    map[rowKey]*row
}

// A rowKey is what rows that tell of the same drops have in common.
type rowKey struct {
	subsystem, reason, function, class, netns, device, transport, process string
}

// A row is drops that are alike.
type row struct {
	rowKey
	packets uint64
	host    *Host // who tells of them
	text    string
	flows   []flow // some of them
}

// A flow is the way of a packet. It has ports.
type flow struct {
	transport           string
	source, destination netip.AddrPort
}

func (f flow) back() flow { return flow{f.transport, f.destination, f.source} }

// maxFlows is how many flows of a row are remembered: each record shows one.
const maxFlows = 16

func newTold(h *Host, rows int) *told {
	return &told{host: h, classes: make(map[string]uint64), rows: make(map[rowKey]*row, rows)}
}

func keyOf(r *record.Row) rowKey {
	return rowKey{r.Subsystem, r.Reason, r.Function, r.Class, r.NetNS, r.Interface, r.Transport, r.Process}
}

// add adds what a record or a tile tells.
func (t *told) add(d *record.Drops) {
	t.lost = plus(t.lost, d.Lost)
	if d.Missed != nil {
		t.missed = plus(t.missed, *d.Missed)
	}
	for _, c := range d.Classes {
		t.classes[c.Class] = plus(t.classes[c.Class], c.Packets)
	}
	for i := range d.Rows {
		from := &d.Rows[i]
		key := keyOf(from)
		r := t.rows[key]
		if r == nil {
			r = &row{rowKey: key, host: t.host}
			t.rows[key] = r
		}
		r.packets = plus(r.packets, from.Packets)
		r.text = cmp.Or(from.Text, r.text)
		if f, ok := flowOf(from); ok {
			r.addFlow(f)
		}
	}
}

func (r *row) addFlow(f flow) {
	if len(r.flows) < maxFlows && !slices.Contains(r.flows, f) {
		r.flows = append(r.flows, f)
	}
}

// addBeyond adds what a window tells more than the tiles it overlaps.
func (t *told) addBeyond(window, tiles *told) {
	t.lost = plus(t.lost, less(window.lost, tiles.lost))
	t.missed = plus(t.missed, less(window.missed, tiles.missed))
	for class, n := range window.classes {
		t.classes[class] = plus(t.classes[class], less(n, tiles.classes[class]))
	}
	for key, r := range window.rows {
		n := r.packets
		if before := tiles.rows[key]; before != nil {
			n = less(n, before.packets)
		}
		mine := t.rows[key]
		switch {
		case n == 0:
			continue
		case mine == nil:
			mine = &row{rowKey: key, host: t.host}
			t.rows[key] = mine
		}
		mine.packets = plus(mine.packets, n)
		mine.text = cmp.Or(r.text, mine.text)
		for _, f := range r.flows {
			mine.addFlow(f)
		}
	}
}

// flowOf is the flow of a row if it has one that another host can see too.
func flowOf(r *record.Row) (flow, bool) {
	f := flow{r.Transport, addrPort(r.Source), addrPort(r.Destination)}
	return f, f.transport != "" && meets(f.source) && meets(f.destination)
}

func addrPort(e record.Endpoint) netip.AddrPort {
	return netip.AddrPortFrom(e.Addr.Unmap(), e.Port)
}

// meets tells whether an address and port mean the same on two hosts.
func meets(e netip.AddrPort) bool {
	a := e.Addr()
	return e.Port() != 0 && a.IsValid() && !a.IsLoopback() && !a.IsMulticast() && !a.IsUnspecified()
}

// plus never overflows, whatever hosts tell.
func plus(a, b uint64) uint64 {
	if a > math.MaxUint64-b {
		return math.MaxUint64
	}
	return a + b
}

func less(a, b uint64) uint64 { return a - min(a, b) }
