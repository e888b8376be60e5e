package scenario

// A tally adds up rows that are alike.
type tally struct {
	sums    map[Observed]amount
	atLeast bool
	missed  uint64
}

type amount struct{ packets, buffers uint64 }

func newTally() *tally { return &tally{sums: map[Observed]amount{}} }

func (t *tally) add(seen Seen) {
	t.atLeast = t.atLeast || seen.AtLeast
	t.missed += seen.Missed
	for _, row := range seen.Rows {
		key := row
		key.Packets, key.Buffers = 0, 0
		sum := t.sums[key]
		t.sums[key] = amount{sum.packets + row.Packets, sum.buffers + row.Buffers}
	}
}

func (t *tally) seen() Seen {
	seen := Seen{AtLeast: t.atLeast, Missed: t.missed}
	for row, sum := range t.sums {
		row.Packets, row.Buffers = sum.packets, sum.buffers
		seen.Rows = append(seen.Rows, row)
	}
	return seen
}
