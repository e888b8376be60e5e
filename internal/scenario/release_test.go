package scenario

import "testing"

// TestReleases judges the same row on kernels that show it and on others.
func TestReleases(t *testing.T) {
	row := Observed{Reason: unspecified, Symbol: "f", NetNS: 7, Packets: 3, Buffers: 3}
	want := Want{Reason: unspecified, Symbols: []string{"f"}, Node: B, Packets: 3}
	from, until := want, want
	from.Shown, until.Until = "5.18", "5.18"
	risen := Counter{Node: B, Name: "x", Delta: 3, Since: "5.18"}
	for _, tt := range []struct {
		name    string
		s       Scenario
		release string
		seen    []Observed
		good    bool
	}{
		{"shown too early", Scenario{Want: []Want{from}}, "5.10.0", []Observed{row}, false},
		{"not shown yet", Scenario{Want: []Want{from}}, "5.10.0", nil, true},
		{"not shown", Scenario{Want: []Want{from}}, "6.1.0", nil, false},
		{"shown", Scenario{Want: []Want{from}}, "6.1.0", []Observed{row}, true},
		{"still shown", Scenario{Want: []Want{until}}, "5.10.0", []Observed{row}, true},
		{"shown too late", Scenario{Want: []Want{until}}, "5.18.1", []Observed{row}, false},
		{"counter that is not there yet", Scenario{Counters: []Counter{risen}}, "5.10.0", nil, true},
		{"counter that did not rise", Scenario{Counters: []Counter{risen}}, "5.18.1", nil, false},
	} {
		scene := Scene{Inodes: map[Node]uint32{B: 7}, Release: tt.release, Knows: func(string) bool { return true }}
		if err := tt.s.Check(scene, FullSight(), Seen{Rows: tt.seen}); (err == nil) != tt.good {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}
