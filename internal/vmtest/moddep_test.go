package vmtest

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const modulesDep = `kernel/net/core/drop_monitor.ko:
kernel/drivers/net/vxlan/vxlan.ko.xz: kernel/net/ipv4/udp_tunnel.ko.xz kernel/lib/a.ko.xz
kernel/net/ipv4/udp_tunnel.ko.xz:
kernel/lib/a.ko.xz: kernel/lib/b.ko.xz
kernel/lib/b.ko.xz: kernel/lib/a.ko.xz
kernel/drivers/gpu/drm.ko.xz: kernel/lib/a.ko.xz
`

func TestClosure(t *testing.T) {
	deps, err := parseDependencies(modulesDep)
	if err != nil {
		t.Fatal(err)
	}
	got, err := deps.closure(wantedModule)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"kernel/drivers/net/vxlan/vxlan.ko.xz", "kernel/lib/a.ko.xz", "kernel/lib/b.ko.xz",
		"kernel/net/core/drop_monitor.ko", "kernel/net/ipv4/udp_tunnel.ko.xz",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	delete(deps, "kernel/lib/b.ko.xz")
	if got, err := deps.closure(wantedModule); err == nil {
		t.Errorf("closure without a needed module: %v", got)
	}
	for _, bad := range []string{"nothing\n", ":\n", "/etc/passwd:\n", "a.ko: ../b.ko\n"} {
		if got, err := parseDependencies(bad); err == nil {
			t.Errorf("%q gives %v", bad, got)
		}
	}
}

func TestWantedModule(t *testing.T) {
	for module, want := range map[string]bool{
		"kernel/drivers/net/veth.ko":           true,
		"kernel/drivers/net/tun.ko.xz":         true,
		"kernel/net/netfilter/nf_tables.ko.xz": true,
		"kernel/net/sched/sch_tbf.ko.zst":      true,
		"kernel/crypto/crc32c_generic.ko":      true,
		"kernel/net/bluetooth/bluetooth.ko":    false,
		"kernel/drivers/net/ethernet/a/b.ko":   false,
		"extra/net/sched/sch_x.ko":             false,
	} {
		if got := wantedModule(module); got != want {
			t.Errorf("%s wanted: %v", module, got)
		}
	}
}

func FuzzParseDependencies(f *testing.F) {
	f.Add(modulesDep)
	f.Fuzz(func(t *testing.T, text string) {
		deps, err := parseDependencies(text)
		if err != nil {
			return
		}
		all, err := deps.closure(func(string) bool { return true })
		if err == nil && (len(all) != len(deps) || !slices.IsSorted(all)) {
			t.Errorf("closure of everything has %d of %d modules", len(all), len(deps))
		}
		if strings.Contains(strings.Join(all, " "), "..") {
			t.Error("a module lies outside")
		}
	})
}
