package scenario

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestTally(t *testing.T) {
	row := func(symbol string, n uint64) Observed { return Observed{Symbol: symbol, Packets: 2 * n, Buffers: n} }
	sum := newTally()
	sum.add(Seen{Rows: []Observed{row("grown", 1), row("other", 5), row("grown", 2)}})
	sum.add(Seen{Rows: []Observed{row("grown", 4)}, AtLeast: true})
	sum.add(Seen{})
	want := Seen{Rows: []Observed{row("grown", 7), row("other", 5)}, AtLeast: true}
	less := func(a, b Observed) bool { return a.Symbol < b.Symbol }
	if diff := cmp.Diff(want, sum.seen(), cmpopts.SortSlices(less)); diff != "" {
		t.Error(diff)
	}
}

func TestRises(t *testing.T) {
	before := map[counterKey]uint64{{A, "x"}: 5, {B, "x"}: 0}
	after := map[counterKey]uint64{{A, "x"}: 7, {B, "x"}: 1}
	want := map[Node]map[string]uint64{A: {"x": 2}, B: {"x": 1}}
	if diff := cmp.Diff(want, rises(before, after)); diff != "" {
		t.Error(diff)
	}
}
