package record

import (
	"cmp"
	"slices"
)

// Lists of a report that can be split over parts.
const (
	listRows = iota
	listCounters
	listInterfaces
	listFileSystems
	listUsers
	listDisks
	lists
)

// weight orders rows of different lists: the row with the smaller product of
// place and weight goes first. So the first few of every list are in the first
// part, and drops have twice the room of the others.
var weight = [lists]int{listRows: 1, listCounters: 2, listInterfaces: 2, listFileSystems: 2, listUsers: 2, listDisks: 3}

// A cut is a place in every list.
type cut [lists]int

func (r *Report) lengths() cut {
	var c cut
	if s := r.Status; s != nil {
		c[listInterfaces], c[listFileSystems] = len(s.Interfaces), len(s.FileSystems)
		c[listUsers], c[listDisks] = len(s.Users), len(s.Disks)
	}
	if d := r.Drops; d != nil {
		c[listRows], c[listCounters] = len(d.Rows), len(d.Counters)
	}
	return c
}

// order returns the lists that the rows of a report come from, most important
// row first. The rows of one list keep their order.
func (r *Report) order() []int {
	type row struct{ list, rank int }
	var rows []row
	for list, n := range r.lengths() {
		for i := range min(n, MaxParts*maxItems) {
			rows = append(rows, row{list, (i + 1) * weight[list]})
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(a.rank, b.rank) })
	order := make([]int, len(rows))
	for i, row := range rows {
		order[i] = row.list
	}
	return order
}

// after returns the place that is reached by taking rows in order.
func (c cut) after(order []int) cut {
	for _, list := range order {
		c[list]++
	}
	return c
}

// part returns the rows between two cuts, in the first part with all that is
// no row. The lists are not copied.
func (r *Report) part(from, to cut, first bool) *Report {
	p := new(Report)
	if first {
		*p = *r
	}
	if s := r.Status; s != nil && (first || from.differs(to, listInterfaces, listFileSystems, listUsers, listDisks)) {
		p.Status = new(Status)
		if first {
			*p.Status = *s
		}
		p.Status.Interfaces = piece(s.Interfaces, from, to, listInterfaces, first)
		p.Status.FileSystems = piece(s.FileSystems, from, to, listFileSystems, first)
		p.Status.Users = piece(s.Users, from, to, listUsers, first)
		p.Status.Disks = piece(s.Disks, from, to, listDisks, first)
	}
	if d := r.Drops; d != nil && (first || from.differs(to, listRows, listCounters)) {
		p.Drops = new(Drops)
		if first {
			*p.Drops = *d
		}
		p.Drops.Rows = piece(d.Rows, from, to, listRows, first)
		p.Drops.Counters = piece(d.Counters, from, to, listCounters, first)
	}
	return p
}

func (c cut) differs(to cut, which ...int) bool {
	return slices.ContainsFunc(which, func(list int) bool { return c[list] != to[list] })
}

// piece returns rows of a list. An empty list is told once, in the first part.
func piece[T any](rows []T, from, to cut, list int, first bool) []T {
	if from[list] == to[list] && !first {
		return nil
	}
	return rows[from[list]:to[list]]
}

// rest counts the rows after a cut.
func (r *Report) rest(at cut) LeftOut {
	var n [lists]uint64
	for list, length := range r.lengths() {
		n[list] = uint64(length - at[list])
	}
	return LeftOut{
		Rows: n[listRows], Counters: n[listCounters], Interfaces: n[listInterfaces],
		FileSystems: n[listFileSystems], Users: n[listUsers], Disks: n[listDisks],
	}
}

func (l LeftOut) plus(m LeftOut) LeftOut {
	return LeftOut{
		Rows: l.Rows + m.Rows, Counters: l.Counters + m.Counters, Interfaces: l.Interfaces + m.Interfaces,
		FileSystems: l.FileSystems + m.FileSystems, Users: l.Users + m.Users, Disks: l.Disks + m.Disks,
	}
}
