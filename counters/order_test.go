package counters

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestOrder sorts samples that differ in number, in place and not at all.
func TestOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var o order
	counters := make([]Counter, 0, 200)
	for range 100 {
		switch random.IntN(3) {
		case 0:
			c := Counter{Name: strconv.Itoa(random.IntN(20)), Scope: Scope{NetNS: random.Uint32N(3)}}
			c.Scope.Interface.Index = random.Uint32N(3)
			c.Scope.Object = strconv.Itoa(len(counters))
			counters = append(counters, c)
		case 1:
			random.Shuffle(len(counters), func(i, j int) { counters[i], counters[j] = counters[j], counters[i] })
		}
		given := slices.Clone(counters)
		got := o.sort(counters)
		want := slices.SortedStableFunc(slices.Values(given), compareCounters)
		if diff := cmp.Diff(want, got); diff != "" && len(want) > 0 {
			t.Fatalf("(-want +got)\n%s", diff)
		}
		if diff := cmp.Diff(given, counters); diff != "" && len(given) > 0 {
			t.Fatalf("the given ones changed (-before +after)\n%s", diff)
		}
	}
}
