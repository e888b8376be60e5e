package cluster

import (
	"cmp"
	"slices"
	"strings"
)

// classes are sorted by how serious they are. One that is not known is a loss.
var serious = [...]string{"benign", "proto", "peer", "policy", "loss"}

func seriousness(class string) int {
	if i := slices.Index(serious[:], class); i >= 0 {
		return i
	}
	return len(serious) - 1
}

// A Pair is drops that were seen from both ends: the packets that one host
// dropped and the answers to them that another one dropped.
type Pair struct {
	Host    string `json:"host"`  // who is counted
	Other   string `json:"other"` // who is not
	Reason  string `json:"reason"`
	Packets uint64 `json:"packets"`
}

// maxSame is how many rows of one flow are looked at, whatever hosts tell.
const maxSame = 64

// An end is a row of a kernel.
type end struct {
	kernel *kernel
	row    *row
	left   uint64 // packets that have no counterpart yet
	order  int
}

// pairs finds drops that were seen from both ends and takes them off the rows of
// the less serious class. Two kernels saw one event when the flows of their rows
// are the same one in opposite directions, with ports and the same transport.
//
// A record shows one flow of a row, so the rows can have other packets too: what
// is taken off is the smaller count of both, and a packet has one counterpart at
// most. Packets in the same direction are different ones.
func pairs(kernels []*kernel) map[*row][]Pair {
	ends, byFlow := endsOf(kernels)
	found := make(map[*row][]Pair)
	for _, a := range ends {
		var tried []*end
		for _, f := range a.row.flows {
			for _, b := range byFlow[f.back()] {
				if b.kernel == a.kernel || b.order < a.order || a.left == 0 || b.left == 0 || slices.Contains(tried, b) {
					continue
				}
				tried = append(tried, b)
				n := min(a.left, b.left)
				a.left -= n
				b.left -= n
				more, less := a, b
				if cmp.Or(cmp.Compare(seriousness(a.row.class), seriousness(b.row.class)), cmp.Compare(a.row.packets, b.row.packets)) < 0 {
					more, less = b, a
				}
				less.kernel.take(less.row, n)
				found[more.row] = append(found[more.row], Pair{more.row.host.Name, less.row.host.Name, less.row.name(), n})
			}
		}
	}
	return found
}

// endsOf are the rows that have flows, most packets first, whoever was heard
// first.
func endsOf(kernels []*kernel) (ends []*end, byFlow map[flow][]*end) {
	byFlow = make(map[flow][]*end)
	for _, k := range kernels {
		for _, r := range k.rows {
			if len(r.flows) > 0 {
				ends = append(ends, &end{kernel: k, row: r, left: r.packets})
			}
		}
	}
	slices.SortStableFunc(ends, func(a, b *end) int {
		return cmp.Or(compareRows(a.row, b.row), strings.Compare(a.row.host.Name, b.row.host.Name))
	})
	for i, e := range ends {
		e.order = i
		for _, f := range e.row.flows {
			if same := byFlow[f]; len(same) < maxSame {
				byFlow[f] = append(same, e)
			}
		}
	}
	return ends, byFlow
}

// take takes packets off a row, which another kernel has counted.
func (k *kernel) take(r *row, n uint64) {
	r.packets -= n
	k.classes[r.class] -= n
	if !r.benign() {
		k.lost -= n
	}
}
