package hoststat

import (
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

// TestGolden holds what comes of the files of two hosts. That of 2.6.32 lacks
// what its kernel did not count yet: nothing may be made up.
func TestGolden(t *testing.T) {
	for _, kernel := range []string{"6.18", "2.6.32"} {
		t.Run(kernel, func(t *testing.T) {
			got := asJSON(t, fixed(t, Config{Root: "testdata/" + kernel}).Sample(t.Context()))
			golden := "testdata/" + kernel + ".json"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestNothing holds that a host that shows nothing has a status without numbers.
func TestNothing(t *testing.T) {
	r := fixed(t, Config{Root: t.TempDir()})
	s := r.Sample(t.Context())
	var what []string
	for _, m := range s.Missing {
		what = append(what, m.What)
	}
	want := []string{"cpu", "disks", "boot id", "uptime", "load", "memory", "pressure", "file systems", "users"}
	if diff := cmp.Diff(want, what); diff != "" {
		t.Errorf("missing (-want +got)\n%s", diff)
	}
	for _, name := range []string{"cpu", "load", "memory", "swap", "pressure", "users", "disks", "file_systems"} {
		if strings.Contains(asJSON(t, s), `"`+name+`":`) {
			t.Errorf("there is a %s", name)
		}
	}
}

// TestRates takes a second sample ten seconds later.
func TestRates(t *testing.T) {
	root := t.TempDir()
	plant(t, root, map[string]string{
		"proc/stat": "cpu 100 0 50 1000 70 0 0 0 0 0\ncpu0 1 1 1 1\n",
		"proc/diskstats": "8 0 sda 10 0 100 5 20 0 200 5 0 1000 10\n" +
			"8 16 sdb 10 0 100 5 20 0 200 5 0 4294967000 10\n8 32 sdc 10 0 100 5 20 0 200 5 0 1000 10\n",
	})
	r := fixed(t, Config{Root: root})
	first := r.Sample(t.Context())
	if first.CPU != nil || first.IntervalSeconds != nil || first.Disks[0].Rates != nil || first.Interfaces[0].Rates != nil {
		t.Error("the first sample has rates")
	}
	plant(t, root, map[string]string{
		"proc/stat": "cpu 120 0 60 1060 69 10 0 0 0 0\ncpu0 1 1 1 1\n", // iowait went back
		"proc/diskstats": "8 0 sda 30 0 140 5 20 0 400 5 0 6000 10\n" +
			"8 16 sdb 11 0 102 5 20 0 200 5 0 704 10\n" + // the busy time began anew
			"8 32 sdc 9 0 100 5 20 0 200 5 0 1000 10\n" + // another disk
			"8 48 sdd 11 0 100 5 20 0 200 5 0 1000 10\n", // a new disk
	})
	r.host.now = func() time.Time { return noon().Add(10 * time.Second) }
	second := r.Sample(t.Context())
	if second.IntervalSeconds == nil || *second.IntervalSeconds != 10 {
		t.Errorf("interval %v, want 10 s", second.IntervalSeconds)
	}
	n := func(f float64) *float64 { return &f }
	if diff := cmp.Diff(&CPUShares{User: n(0.2), Nice: n(0), System: n(0.1), Idle: n(0.6), IRQ: n(0.1),
		SoftIRQ: n(0), Steal: n(0)}, second.CPU); diff != "" {
		t.Errorf("CPU (-want +got)\n%s", diff)
	}
	rates := map[string]*DiskRates{}
	for _, d := range second.Disks {
		rates[d.Name] = d.Rates
	}
	if diff := cmp.Diff(map[string]*DiskRates{
		"sda": {Reads: 2, ReadBytes: 40 * 512 / 10, WrittenBytes: 200 * 512 / 10, Busy: n(0.5)},
		"sdb": {Reads: 0.1, ReadBytes: 2 * 512 / 10.},
		"sdc": nil, "sdd": nil,
	}, rates); diff != "" {
		t.Errorf("disks (-want +got)\n%s", diff)
	}
}

// TestAfterFailure holds that rates refer to the last time a file was read, not
// to the last sample.
func TestAfterFailure(t *testing.T) {
	root := t.TempDir()
	r := fixed(t, Config{Root: root})
	line := map[string]string{"proc/diskstats": "8 0 sda 10 0 100 5 20 0 200 5 0 1000 10\n"}
	plant(t, root, line)
	r.Sample(t.Context())
	if err := os.Remove(root + "/proc/diskstats"); err != nil {
		t.Fatal(err)
	}
	r.host.now = func() time.Time { return noon().Add(5 * time.Second) }
	if s := r.Sample(t.Context()); s.Disks != nil {
		t.Errorf("disks %v without a file", s.Disks)
	}
	plant(t, root, map[string]string{"proc/diskstats": "8 0 sda 30 0 100 5 20 0 200 5 0 1000 10\n"})
	r.host.now = func() time.Time { return noon().Add(10 * time.Second) }
	if s := r.Sample(t.Context()); s.Disks[0].Rates == nil || s.Disks[0].Rates.Reads != 2 {
		t.Errorf("rates %+v, want 2 reads a second", s.Disks[0].Rates)
	}
}
