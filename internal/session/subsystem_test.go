package session

import (
	"testing"

	"dropwatch/internal/explain"
)

// Each reason of this kernel whose name is only one's is found by its name.
func TestSubsystemOfAName(t *testing.T) {
	reasons, err := loadReasons()
	if err != nil {
		t.Fatal(err)
	}
	all := reasons.All()
	if len(all) == 0 {
		t.Skip("this kernel gives no reasons")
	}
	owners := map[string]map[string]bool{}
	for _, r := range all {
		if owners[r.Name] == nil {
			owners[r.Name] = map[string]bool{}
		}
		owners[r.Name][r.Subsystem] = true
	}
	n := newNamer(reasons, new(explain.Base))
	defer n.close()
	for range 2 { // the second time it is remembered
		for _, r := range all {
			want := r.Subsystem
			if len(owners[r.Name]) > 1 {
				want = ""
			}
			if got := n.subsystem(r.Name); got != want {
				t.Errorf("%s: subsystem %q, want %q", r.Name, got, want)
			}
		}
	}
	if got := n.subsystem("NO_REASON_OF_THIS_NAME"); got != "" {
		t.Errorf("an unknown name is of %q", got)
	}
}
