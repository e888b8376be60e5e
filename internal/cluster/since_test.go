package cluster

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dropwatch/internal/peer/record"
	"dropwatch/internal/peer/statedir"
)

// A minuteOf is what a host tells at the end of a minute before now.
type minuteOf struct {
	host, ago int // minutes
	boot      string
	packets   uint64
}

// remember gives the records to a state directory, and returns the last of each
// host.
func remember(t *testing.T, path string, list ...minuteOf) []*statedir.Peer {
	t.Helper()
	d, err := statedir.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var peers []*statedir.Peer
	last := make(map[int]int)
	for _, m := range list {
		p := teller(m.host, m.boot, m.packets, record.Row{Packets: m.packets, Reason: "X", Class: "loss"})
		p.Sent = now.Add(-time.Duration(m.ago) * time.Minute)
		p.Last = p.Sent
		p.Report.Drops.Missed = new(uint64(1))
		if err := d.AppendDrops(p); err != nil {
			t.Fatal(err)
		}
		if _, ok := last[m.host]; !ok {
			last[m.host] = len(peers)
			peers = append(peers, nil)
		}
		peers[last[m.host]] = p
	}
	return peers
}

func TestDropsSince(t *testing.T) {
	path := t.TempDir()
	peers := remember(t, path,
		minuteOf{1, 5, "", 1}, minuteOf{1, 4, "", 2}, minuteOf{1, 3, "", 4}, minuteOf{1, 2, "", 8}, minuteOf{1, 1, "", 16}, minuteOf{1, 0, "", 32},
		minuteOf{2, 4, "", 100}, minuteOf{2, 3, "", 100}, // down since
		minuteOf{3, 2, "k", 7}, minuteOf{3, 1, "k", 9}, minuteOf{4, 2, "k", 7}, minuteOf{4, 1, "k", 5},
	)
	peers = append(peers, teller(5, "", 0))
	peers[4].Report.Drops = nil
	for _, test := range []struct {
		since   time.Duration
		lost    uint64
		hosts   int
		seconds []float64 // of the hosts that do not tell of all
	}{
		{2 * time.Minute, 16 + 32 + 9, 3, []float64{60, 60}},
		{150 * time.Second, 8 + 16 + 32 + 16, 3, []float64{90, 90}}, // a minute that had begun
		{5 * time.Minute, 2 + 4 + 8 + 16 + 32 + 200 + 16, 4, []float64{120, 120, 120}},
		{time.Hour, 63 + 200 + 16, 4, []float64{120, 120, 120, 360}},
	} {
		r, err := New(peers, now).DropsSince(path, now.Add(-test.since))
		if err != nil {
			t.Fatal(err)
		}
		if r.Lost != test.lost || r.Hosts != test.hosts || r.Seconds != test.since.Seconds() {
			t.Errorf("since %v: %d lost on %d hosts, want %d on %d", test.since, r.Lost, r.Hosts, test.lost, test.hosts)
		}
		var seconds []float64
		for _, c := range r.Partly {
			seconds = append(seconds, c.Seconds)
		}
		if diff := cmp.Diff(test.seconds, seconds); diff != "" {
			t.Errorf("since %v: %s", test.since, diff)
		}
		checkSums(t, r)
	}
}

// A record that tells of more than the last that was kept counts as far as it
// does: never too much.
func TestDropsSinceUntilNow(t *testing.T) {
	path := t.TempDir()
	peers := remember(t, path, minuteOf{1, 2, "", 10}, minuteOf{1, 1, "", 3})
	for _, test := range []struct {
		name                 string
		ago                  time.Duration
		packets, rows, total uint64
		seconds              float64
	}{
		{"the one that was kept", time.Minute, 3, 3, 13, 120},
		{"more", 30 * time.Second, 8, 8, 18, 150},
		{"as many or fewer", 30 * time.Second, 2, 2, 13, 150},
		{"more than its rows tell", 30 * time.Second, 8, 4, 18, 150},
		{"all new", 0, 8, 8, 21, 180},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := *peers[0]
			r := *p.Report
			p.Sent = now.Add(-test.ago)
			r.Drops = &record.Drops{Seconds: 60, Lost: test.packets, Rows: []record.Row{{Packets: test.rows, Reason: "X", Class: "loss"}}}
			p.Report = &r
			got, err := New([]*statedir.Peer{&p}, now).DropsSince(path, now.Add(-time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			if got.Lost != test.total || len(got.Partly) != 1 || got.Partly[0].Seconds != test.seconds {
				t.Errorf("%d lost, %+v; want %d in %v s", got.Lost, got.Partly, test.total, test.seconds)
			}
			checkSums(t, got)
		})
	}
	// of a new start of the agent all is new
	p := *peers[0]
	p.Sent, p.Epoch = now.Add(-30*time.Second), 1
	got, err := New([]*statedir.Peer{&p}, now).DropsSince(path, now.Add(-time.Hour))
	if err != nil || got.Lost != 16 {
		t.Errorf("after a new start: %d lost, %v", got.Lost, err)
	}
}

func TestDropsSinceInText(t *testing.T) {
	t.Setenv("TZ", "UTC")
	path := t.TempDir()
	peers := remember(t, path, minuteOf{1, 1, "", 1}, minuteOf{1, 0, "", 2}, minuteOf{2, 0, "", 4})
	if err := os.WriteFile(filepath.Join(path, peers[1].ID.String()+".drops"), []byte("x\ny\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	r, err := New(append(peers, teller(3, "", 0)), now).DropsSince(path, now.Add(-2*time.Minute))
	want := "read drops of " + peers[1].ID.String() + ": 2 lines are broken: invalid character 'x' looking for beginning of value"
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	var b bytes.Buffer
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	text := `7 packets lost on 3 hosts since ` + now.Add(-2*time.Minute).Local().Format("2006-01-02 15:04:05") + ` (2m)
missed: 6 drops that no host could count

by reason:
         7  loss  X  h2 4, h1 3

hosts that lose most:
     0.067/s           4  X  h2
     0.025/s           3  X  h1

not all of 2m is covered: h2 1m, h3 1m
`
	if diff := cmp.Diff(text, b.String()); diff != "" {
		t.Error(diff)
	}
	if _, err := New(peers, now).DropsSince(filepath.Join(path, "none"), now); err == nil {
		t.Error("no directory is no error")
	}
}

func TestParseSince(t *testing.T) {
	zone := time.FixedZone("", 2*3600)
	at := time.Date(2026, 1, 2, 15, 4, 5, 0, zone)
	for text, want := range map[string]time.Time{
		"10m": at.Add(-10 * time.Minute), "1h30m": at.Add(-90 * time.Minute), "3d": at.Add(-72 * time.Hour), "1.5s": at.Add(-1500 * time.Millisecond),
		"15:04": time.Date(2026, 1, 2, 15, 4, 0, 0, zone), "15:04:06": time.Date(2026, 1, 1, 15, 4, 6, 0, zone), "16:00": time.Date(2026, 1, 1, 16, 0, 0, 0, zone),
		"2026-01-02T15:04": time.Date(2026, 1, 2, 15, 4, 0, 0, zone), "2026-01-02T15:03:04": time.Date(2026, 1, 2, 15, 3, 4, 0, zone),
		"2026-01-02 15:04": time.Date(2026, 1, 2, 15, 4, 0, 0, zone), "2026-01-02": time.Date(2026, 1, 2, 0, 0, 0, 0, zone),
		"2026-01-02T13:04Z": time.Date(2026, 1, 2, 15, 4, 0, 0, zone), "2026-01-02T13:04:00.5Z": time.Date(2026, 1, 2, 15, 4, 0, 5e8, zone),
	} {
		got, err := ParseSince(text, at)
		if err != nil || !got.Equal(want) {
			t.Errorf("%q is %v, %v; want %v", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"": `time "": write how long ago (10m, 2h, 3d), a time (15:04) or a date (2026-01-02T15:04)`, "0s": `time "0s": must be longer than 0`, "-5m": `time "-5m": must be longer than 0`,
		"0d": `time "0d": must be longer than 0`, "2026-01-03": `time "2026-01-03": is yet to come`,
		"yesterday": `time "yesterday": write how long ago (10m, 2h, 3d), a time (15:04) or a date (2026-01-02T15:04)`,
	} {
		if _, err := ParseSince(text, at); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}
