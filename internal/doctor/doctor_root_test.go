package doctor

import (
	"os"
	"slices"
	"testing"
)

func TestRootExamine(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("sources need root")
	}
	d, err := Examine()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	chosen := 0
	for _, s := range d.Sources {
		names = append(names, s.Name)
		if s.Chosen {
			chosen++
		}
		if s.Usable == (s.Why != "") || s.Usable != (len(s.Tells) > 0) {
			t.Errorf("a source that works tells something, another says why not: %+v", s)
		}
	}
	if want := []string{"ebpf", "netdm", "tracefs"}; !slices.Equal(names, want) {
		t.Errorf("sources %q, want %q", names, want)
	}
	if chosen != 1 {
		t.Errorf("%d sources are chosen", chosen)
	}
	if len(d.Blind) < 5 || d.Symbols.Method == "none" || d.Host == "" || d.Kernel == "" {
		t.Errorf("incomplete: %+v", d)
	}
}
