package cluster

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dropwatch/internal/peer/identity"
	"dropwatch/internal/peer/record"
	"dropwatch/internal/peer/statedir"
)

var update = flag.Bool("update", false, "write the golden files anew")

func p[T any](v T) *T { return &v }

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// example has a host that tells all, one that tells nothing, and one that is
// down.
func example() *View {
	full := &record.Report{
		Host: &record.Host{Name: "alpha", Kernel: "6.1.0", Role: "mute", Version: "v1.2.3", Interval: 10},
		Status: &record.Status{
			Uptime: p(uint64(90061)), Load1: p(0.5), Load5: p(1.25), Load15: p(2.0), CPU: &record.CPU{Busy: p(0.42)},
			MemoryTotal: p(uint64(8 << 30)), MemoryAvailable: p(uint64(2 << 30)), SwapTotal: p(uint64(0)), SwapAvailable: p(uint64(0)),
			UserCount:   p(uint64(2)),
			FileSystems: []record.FileSystem{{Mount: "/", Total: p(uint64(1000)), Available: p(uint64(100))}, {Mount: "/nfs"}},
			Interfaces:  []record.Interface{{Name: "eth0", RxByteRate: p(2048.4), TxByteRate: p(10.0), RxPacketRate: p(3.5), RxErrors: p(uint64(1)), TxErrors: p(uint64(2))}},
			Users:       []record.User{{Name: "ann", Terminal: "pts/0", Origin: "10.0.0.9", Idle: p(uint64(3600))}, {Name: "bob", Terminal: "tty1", Idle: p(uint64(60))}},
		},
		Drops: &record.Drops{
			Seconds: 60, Packets: 130, Lost: 120, Benign: 10, Missed: p(uint64(3)),
			Rows: []record.Row{{Packets: 100, Reason: "SOCKET_RCVBUFF", Class: "loss", Text: "full"}, {Packets: 20, Reason: "NO_SOCKET", Class: "peer"}},
		},
	}
	other := &record.Report{
		Host:   &record.Host{Name: "beta", Interval: 10},
		Status: &record.Status{Users: []record.User{{Name: "ann", Terminal: "pts/7", Idle: p(uint64(5))}}},
		Drops:  &record.Drops{Seconds: 60, Lost: 50, Rows: []record.Row{{Packets: 50, Reason: "NO_SOCKET", Class: "peer"}}},
	}
	return New([]*statedir.Peer{
		{ID: identity.ID{2}, Name: "beta", Role: "collector", State: "self", Last: now, Report: other},
		{ID: identity.ID{1}, Name: "alpha", Role: "mute", Address: "192.0.2.1:1513", First: now.Add(-50 * time.Hour), Last: now.Add(-30 * time.Second), Epoch: 1767300000, Sequence: 17, Report: full},
		{ID: identity.ID{3}, Name: "gamma", Last: now.Add(-31 * time.Second)},
	}, now)
}

func TestGolden(t *testing.T) {
	t.Setenv("TZ", "UTC")
	v := example()
	for name, write := range map[string]func(*bytes.Buffer) error{
		"uptime.txt": func(b *bytes.Buffer) error { return v.WriteUptime(b) },
		"hosts.txt":  func(b *bytes.Buffer) error { return v.WriteHosts(b) },
		"net.txt":    func(b *bytes.Buffer) error { return v.WriteNet(b) },
		"disk.txt":   func(b *bytes.Buffer) error { return v.WriteDisk(b) },
		"mem.txt":    func(b *bytes.Buffer) error { return v.WriteMem(b) },
		"who.txt":    func(b *bytes.Buffer) error { return WriteWho(b, v.Logins()) },
		"drops.txt":  func(b *bytes.Buffer) error { return v.Drops().Write(b) },

		"members.txt":  func(b *bytes.Buffer) error { return v.WriteMembers(b) },
		"members.json": func(b *bytes.Buffer) error { return json.NewEncoder(b).Encode(v.Members()) },
		"values.txt":   func(b *bytes.Buffer) error { return v.WriteValues(b) },
		"kinds.txt":    func(b *bytes.Buffer) error { return WriteKinds(b) },
		"view.json":    func(b *bytes.Buffer) error { return v.WriteJSON(b) },
		"drops.json":   func(b *bytes.Buffer) error { return json.NewEncoder(b).Encode(v.Drops()) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), b.String()); diff != "" {
			t.Errorf("%s, run with -update if it is meant:\n%s", name, diff)
		}
	}
}

// Whoever reads before anybody was heard is told so.
func TestNobody(t *testing.T) {
	v := New(nil, now)
	var b bytes.Buffer
	if err := v.WriteUptime(&b); err != nil || b.String() != "no host was heard yet\n" {
		t.Errorf("%q, %v", b.String(), err)
	}
	if r := v.Drops(); r.Lost != 0 || r.Causes == nil {
		t.Errorf("%+v", r)
	}
}

func TestOnly(t *testing.T) {
	v := example()
	v.Only("beta")
	if len(v.Hosts) != 1 || v.Hosts[0].Name != "beta" {
		t.Errorf("%+v", v.Hosts)
	}
}

// The names of texts are those of the methods.
func TestText(t *testing.T) {
	for _, what := range Texts() {
		var b bytes.Buffer
		if err := Text(what, example(), &b); err != nil || !bytes.Contains(b.Bytes(), []byte("alpha")) {
			t.Errorf("%s: %v: %s", what, err, &b)
		}
	}
	if err := Text("weather", example(), new(bytes.Buffer)); err == nil || err.Error() != `show "weather" of the peers: use one of hosts, uptime, who, net, disk, mem, drops, members` {
		t.Error(err)
	}
}

func TestDownAfter(t *testing.T) {
	for _, test := range []struct {
		after    int
		interval float64
		silent   time.Duration
		want     bool
	}{
		{0, 0, 30 * time.Second, true}, {0, 0, 31 * time.Second, false}, {0, 5, 15 * time.Second, true}, {0, 5, 16 * time.Second, false},
		{5, 10, 50 * time.Second, true}, {5, 10, 51 * time.Second, false}, {1, 60, time.Minute, true}, {-1, 10, 30 * time.Second, true},
	} {
		p := &statedir.Peer{Last: now.Add(-test.silent), DownAfter: test.after, Report: &record.Report{Host: &record.Host{Interval: test.interval}}}
		if got := New([]*statedir.Peer{p}, now).Hosts[0].Up; got != test.want {
			t.Errorf("%+v: up is %v", test, got)
		}
	}
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "0+00:00", 59 * time.Second: "0+00:00", 25*time.Hour + 61*time.Second: "1+01:01", -time.Hour: "0+00:00"} {
		if got := span(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}
