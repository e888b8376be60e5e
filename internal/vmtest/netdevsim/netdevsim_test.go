package netdevsim

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBuiltFor(t *testing.T) {
	for release, want := range map[string]bool{
		"5.10.0-32-cloud-amd64": true, "6.1.0-50-cloud-amd64": true,
		"6.12.107+deb13-cloud-amd64": false, "7.2.13+deb14-cloud-amd64": false, "6.10.0": false, "5.1.0": false, "": false,
	} {
		if got := builtFor(release); got != want {
			t.Errorf("%q: %v", release, got)
		}
	}
}

// What devlink of iproute2 6.1 prints, on Linux 6.1.
const shown = `{"trap":{"netdevsim/netdevsim9":[{"name":"fid_miss","stats":{"rx":{"bytes":9,"packets":9}}}],` +
	`"netdevsim/netdevsim10":[{"name":"fid_miss","type":"exception","generic":false,"action":"trap","group":"l2_drops",` +
	`"stats":{"rx":{"bytes":1704,"packets":12,"dropped":14}}},{"name":"tail_drop","stats":{"rx":{"bytes":0,"packets":0}}}]}}`

func TestParseCounts(t *testing.T) {
	got, err := parseCounts([]byte(shown), "netdevsim/netdevsim10")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]uint64{"fid_miss": 12, "tail_drop": 0}, got); diff != "" {
		t.Error(diff)
	}
	for _, text := range []string{"", "{}", `{"trap":{"netdevsim/netdevsim1":[]}}`, `{"trap":[]}`} {
		if got, err := parseCounts([]byte(text), "netdevsim/netdevsim10"); err == nil {
			t.Errorf("%q gives %v", text, got)
		}
	}
}

func FuzzParseCounts(f *testing.F) {
	f.Add([]byte(shown))
	f.Fuzz(func(t *testing.T, text []byte) {
		if counts, err := parseCounts(text, "netdevsim/netdevsim10"); err == nil && len(counts) == 0 {
			t.Error("neither traps nor an error")
		}
	})
}
