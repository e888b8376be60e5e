package values

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"dropwatch/internal/peer/record"
)

func TestOf(t *testing.T) {
	r := &record.Report{
		Status: &record.Status{
			Load1: new(0.5), CPU: &record.CPU{Busy: new(0.25)}, MemoryTotal: new(uint64(100)), MemoryAvailable: new(uint64(25)),
			Clock:       &record.Clock{Synchronised: new(true)},
			FileSystems: []record.FileSystem{{Mount: "/var", Total: new(uint64(10)), Available: new(uint64(1))}, {Mount: "/nfs"}, {Mount: "/var", Total: new(uint64(9))}},
		},
		Drops: &record.Drops{
			Seconds: 10, Lost: 30, Missed: new(uint64(2)), Classes: []record.Class{{Class: "loss", Packets: 20}},
			Rows:     []record.Row{{Packets: 20, Reason: "NO_SOCKET", NetNS: "a"}, {Packets: 10, Reason: "NO_SOCKET", NetNS: "b"}, {Packets: 1, Function: "ip_rcv"}},
			Counters: []record.Counter{{Name: "Udp.NoPorts", NetNS: "a", Delta: 5, Unexplained: 1}, {Name: "Udp.NoPorts", NetNS: "b", Delta: 7, Unexplained: 2}},
		},
	}
	got := map[string]float64{}
	for _, v := range Of(r) {
		if _, ok := got[v.Key()]; ok {
			t.Errorf("%s is there twice", v.Key())
		}
		got[v.Key()] = v.Number
	}
	want := map[string]float64{
		"load1": 0.5, "cpu.busy": 0.25, "memory.total": 100, "memory.available": 25, "memory.used": 0.75, "clock.synchronised": 1,
		"filesystem.total[/var]": 10, "filesystem.available[/var]": 1, "filesystem.used[/var]": 0.9,
		"drops.lost": 30, "drops.lost_rate": 3, "drops.missed": 2, "drops.class_rate[loss]": 2,
		"drops.packets[NO_SOCKET]": 30, "drops.packets[ip_rcv]": 1, "drops.rate[NO_SOCKET]": 3, "drops.rate[ip_rcv]": 0.1,
		"counter[Udp.NoPorts]": 12, "counter.unexplained[Udp.NoPorts]": 3,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if list := Of(new(record.Report)); len(list) != 0 {
		t.Errorf("a report that tells nothing has %v", list)
	}
	if list := Of(nil); len(list) != 0 {
		t.Errorf("no report has %v", list)
	}
}

func TestParseKey(t *testing.T) {
	for key, want := range map[string][2]string{
		"load1": {"load1", ""}, "up": {"up", ""}, "filesystem.used": {"filesystem.used", ""},
		"filesystem.used[/var]": {"filesystem.used", "/var"}, "drops.rate[a[b]": {"drops.rate", "a[b"},
	} {
		name, of, err := ParseKey(key)
		if err != nil || name != want[0] || of != want[1] {
			t.Errorf("%s: %q, %q, %v", key, name, of, err)
		}
	}
	for _, key := range []string{"", "load2", "load1[x]", "filesystem.used[", "filesystem.used[]", "filesystem.used[x"} {
		if _, _, err := ParseKey(key); err == nil {
			t.Errorf("%q was taken", key)
		}
	}
}

func TestKinds(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range Kinds() {
		if seen[k.Name] || k.Help == "" {
			t.Errorf("%+v: twice, or without a text", k)
		}
		seen[k.Name] = true
	}
}
