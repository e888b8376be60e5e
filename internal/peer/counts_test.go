package peer

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestCounts holds that no number is forgotten on any way.
func TestCounts(t *testing.T) {
	var c counters
	fields := reflect.TypeFor[Counts]().NumField()
	if n := reflect.TypeOf(&c).Elem().NumField(); n != fields {
		t.Errorf("%d numbers are counted, %d told", n, fields)
	}
	// each gets a value of its own
	var want Counts
	for i := range fields {
		reflect.ValueOf(&want).Elem().Field(i).SetUint(uint64(i + 1))
	}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var byName map[string]uint64
	if err := json.Unmarshal(text, &byName); err != nil {
		t.Fatal(err)
	}
	got := make(map[string]uint64)
	want.All(func(name string, n uint64) { got[name] = n })
	if diff := cmp.Diff(byName, got); diff != "" || len(got) != fields {
		t.Errorf("%d of %d (-JSON +All):\n%s", len(got), fields, diff)
	}
}
