package counters

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDiff(t *testing.T) {
	const here = 7
	scope := Scope{NetNS: here}
	eth := func(index uint32, name string) Scope { return Scope{NetNS: here, Interface: Interface{index, name}} }
	counter := func(name string, value uint64, bits uint8) Counter {
		return Counter{Name: name, Scope: scope, Source: "s", Value: value, Bits: bits}
	}
	both := []string{"s"}
	for _, test := range []struct {
		name          string
		before, after Sample
		want          []Change
	}{
		{"rose, and stood still",
			Sample{Counters: []Counter{counter("a", 3, 64), counter("b", 3, 64)}},
			Sample{Counters: []Counter{counter("a", 10, 64), counter("b", 3, 64)}},
			[]Change{{Name: "a", Scope: scope, Delta: 7, Before: 3, After: 10}, {Name: "b", Scope: scope, Before: 3, After: 3}}},
		{"64 bits to the full",
			Sample{Counters: []Counter{counter("a", 1<<63, 64)}},
			Sample{Counters: []Counter{counter("a", ^uint64(0), 64)}},
			[]Change{{Name: "a", Scope: scope, Delta: 1<<63 - 1, Before: 1 << 63, After: ^uint64(0)}}},
		{"32 bits wrapped",
			Sample{Counters: []Counter{counter("a", 1<<32-2, 32)}},
			Sample{Counters: []Counter{counter("a", 5, 32)}},
			[]Change{{Name: "a", Scope: scope, Delta: 7, Before: 1<<32 - 2, After: 5, Wrapped: true}}},
		{"32 bits fell within their lower half",
			Sample{Counters: []Counter{counter("a", 1000, 32)}},
			Sample{Counters: []Counter{counter("a", 5, 32)}},
			[]Change{{Name: "a", Scope: scope, Delta: 5, Before: 1000, After: 5, Reset: true}}},
		{"32 bits fell within their upper half",
			Sample{Counters: []Counter{counter("a", 1<<32-1, 32)}},
			Sample{Counters: []Counter{counter("a", 1<<31, 32)}},
			[]Change{{Name: "a", Scope: scope, Delta: 1 << 31, Before: 1<<32 - 1, After: 1 << 31, Reset: true}}},
		{"more than 32 bits in a counter of 32",
			Sample{Counters: []Counter{counter("a", 1<<33, 32)}},
			Sample{Counters: []Counter{counter("a", 5, 32)}},
			[]Change{{Name: "a", Scope: scope, Delta: 5, Before: 1 << 33, After: 5, Reset: true}}},
		{"64 bits never wrap",
			Sample{Counters: []Counter{counter("a", ^uint64(0), 64)}},
			Sample{Counters: []Counter{counter("a", 5, 64)}},
			[]Change{{Name: "a", Scope: scope, Delta: 5, Before: ^uint64(0), After: 5, Reset: true}}},
		{"appeared",
			Sample{Read: both},
			Sample{Read: both, Counters: []Counter{counter("a", 5, 64)}},
			[]Change{{Name: "a", Scope: scope, Delta: 5, After: 5, Appeared: true}}},
		{"appeared after the source was not read whole",
			Sample{Problems: []Problem{{Source: "s"}}},
			Sample{Read: both, Counters: []Counter{counter("a", 5, 64)}},
			[]Change{}},
		{"appeared while the source was not read whole",
			Sample{Read: both},
			Sample{Counters: []Counter{counter("a", 5, 64)}},
			[]Change{}},
		{"appeared where another source was read",
			Sample{Read: []string{"q", "t"}},
			Sample{Read: []string{"q", "t"}, Counters: []Counter{counter("a", 5, 64)}},
			[]Change{}},
		{"vanished",
			Sample{Read: both, Counters: []Counter{counter("a", 5, 64), counter("c", 5, 64)}},
			Sample{Read: both, Counters: []Counter{counter("b", 1, 64)}},
			[]Change{{Name: "b", Scope: scope, Delta: 1, After: 1, Appeared: true}}},
		{"a level",
			Sample{Read: both, Counters: []Counter{{Name: "a", Source: "s", Value: 5, Gauge: true}}},
			Sample{Read: both, Counters: []Counter{{Name: "a", Source: "s", Value: 9, Gauge: true}, {Name: "b", Source: "s", Gauge: true}}},
			[]Change{}},
		{"an interface got another name",
			Sample{Counters: []Counter{{Name: "a", Scope: eth(2, "eth0"), Value: 5}}},
			Sample{Counters: []Counter{{Name: "a", Scope: eth(2, "wan0"), Value: 6}}},
			[]Change{{Name: "a", Scope: eth(2, "wan0"), Delta: 1, Before: 5, After: 6}}},
		{"an interface was made anew",
			Sample{Read: both, Counters: []Counter{{Name: "a", Source: "s", Scope: eth(2, "eth0"), Value: 5}}},
			Sample{Read: both, Counters: []Counter{{Name: "a", Source: "s", Scope: eth(3, "eth0"), Value: 2}}},
			[]Change{{Name: "a", Scope: eth(3, "eth0"), Delta: 2, After: 2, Appeared: true}}},
		{"not in order",
			Sample{Counters: []Counter{counter("b", 1, 64), counter("a", 1, 64)}},
			Sample{Counters: []Counter{counter("a", 2, 64), counter("b", 4, 64)}},
			[]Change{{Name: "a", Scope: scope, Delta: 1, Before: 1, After: 2}, {Name: "b", Scope: scope, Delta: 3, Before: 1, After: 4}}},
		{"two namespaces",
			Sample{NetNS: 1, Read: both, Counters: []Counter{counter("a", 1, 64)}},
			Sample{NetNS: 2, Read: both, Counters: []Counter{counter("a", 2, 64)}},
			nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, Diff(&test.before, &test.after)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
