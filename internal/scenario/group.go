package scenario

// A group is a set of wants that the rows of a source could not tell apart,
// with the sum of these rows.
type group struct {
	wants            []int
	packets, buffers uint64
}

// groups joins wants that one row matches; it starts with one for each want.
type groups struct {
	of   []int // want to its group
	sums []group
}

func newGroups(wants int) *groups {
	g := &groups{of: make([]int, wants), sums: make([]group, wants)}
	for i := range wants {
		g.of[i] = i
		g.sums[i].wants = []int{i}
	}
	return g
}

// add puts a row into the group of the wants that it matches.
func (g *groups) add(matching []int, row Observed) {
	first := g.of[matching[0]]
	for _, want := range matching[1:] {
		g.merge(first, g.of[want])
	}
	g.sums[first].packets += row.Packets
	g.sums[first].buffers += row.Buffers
}

func (g *groups) merge(into, from int) {
	if into == from {
		return
	}
	for _, want := range g.sums[from].wants {
		g.of[want] = into
	}
	g.sums[into].wants = append(g.sums[into].wants, g.sums[from].wants...)
	g.sums[into].packets += g.sums[from].packets
	g.sums[into].buffers += g.sums[from].buffers
	g.sums[from] = group{}
}

// list returns the groups that still have wants.
func (g *groups) list() []group {
	var left []group
	for _, sum := range g.sums {
		if len(sum.wants) > 0 {
			left = append(left, sum)
		}
	}
	return left
}
