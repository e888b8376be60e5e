package scenario

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestSubtract(t *testing.T) {
	row := func(symbol string, n uint64) Observed { return Observed{Symbol: symbol, Packets: 2 * n, Buffers: n} }
	earlier := []Observed{row("old", 5), row("grown", 1), row("grown", 2)}
	now := []Observed{row("grown", 4), row("old", 5), row("new", 3), row("grown", 6)}
	want := []Observed{row("grown", 7), row("new", 3)}
	less := func(a, b Observed) bool { return a.Symbol < b.Symbol }
	if diff := cmp.Diff(want, subtract(now, earlier), cmpopts.SortSlices(less)); diff != "" {
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
