package meter

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"dropwatch/counters"
)

func TestForget(t *testing.T) {
	in := func(inode uint32, delta uint64) counters.Change {
		return counters.Change{Name: "Udp.NoPorts", Scope: counters.Scope{NetNS: inode}, Delta: delta, After: delta}
	}
	m := &Meter{}
	m.forget([]counters.Change{in(7, 3), in(8, 0), in(0, 5)})
	m.forget([]counters.Change{in(7, 4), in(9, 1)})
	sum := in(7, 7)
	sum.After = 4
	if diff := cmp.Diff([]counters.Change{sum, in(9, 1)}, m.past); diff != "" {
		t.Errorf("what stood still and what is of the host must not stay:\n%s", diff)
	}
	if m.Refused() != nil {
		t.Error(m.Refused())
	}
}

func TestForgetIsBounded(t *testing.T) {
	m := &Meter{}
	var changes []counters.Change
	for inode := range uint32(maxPast + 10) {
		changes = append(changes, counters.Change{Name: "x", Scope: counters.Scope{NetNS: inode + 1}, Delta: 1})
	}
	m.past = changes[:maxPast-1] // to keep them one by one would take long
	m.forget(changes[maxPast-1:])
	if len(m.past) != maxPast {
		t.Errorf("%d changes are kept, want %d", len(m.past), maxPast)
	}
	if last := m.past[maxPast-1].Scope.NetNS; last != maxPast+10 {
		t.Errorf("the last one is of namespace %d", last)
	}
	if m.Refused() == nil {
		t.Error("nobody is told")
	}
}

func TestSetting(t *testing.T) {
	m := &Meter{own: ownNetNS()}
	for path, want := range map[string]bool{
		"net/core/rmem_max": true, "net/core/no_such_thing": false, "kernel/osrelease": false,
		"net/../kernel/osrelease": false, "/net/core/rmem_max": false, "net/core/../../kernel/osrelease": false,
	} {
		if value, ok := m.Setting(m.own, path); ok != want || ok == (value == "") {
			t.Errorf("%s: %q, known %t, want %t", path, value, ok, want)
		}
	}
}
