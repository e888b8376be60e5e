package statedir

import (
	"bytes"
	"errors"
	"io/fs"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/sys/unix"

	"dropwatch/internal/peer/identity"
	"dropwatch/internal/peer/record"
)

var start = time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)

// dropping is a record of a host that tells of the last minute.
func dropping(n int, sent time.Time, seconds float64, packets uint64) *Peer {
	p := testPeer(n)
	p.Sent, p.Last, p.Epoch = sent, sent, 7
	p.Sequence = uint64(sent.Sub(start) / (10 * time.Second))
	p.Report.Drops = &record.Drops{
		Source: "ebpf", Seconds: seconds, Packets: packets, Lost: packets, Missed: new(uint64),
		Rows: []record.Row{{Packets: packets, Reason: "NO_SOCKET", Class: "peer", Text: "long"}},
	}
	return p
}

func keep(t testing.TB, d *Dir, peers ...*Peer) {
	t.Helper()
	for _, p := range peers {
		if err := d.AppendDrops(p); err != nil {
			t.Fatal(err)
		}
	}
}

func tiles(t testing.TB, path string, id identity.ID, after time.Time) (list []*Tile) {
	t.Helper()
	past, err := OpenPast(path)
	if err != nil {
		t.Fatal(err)
	}
	defer past.Close()
	if err := past.Drops(id, after, func(tile *Tile) { list = append(list, tile) }); err != nil {
		t.Error(err)
	}
	return list
}

// A piece is a tile in short.
type piece struct {
	From, To int // seconds after the start
	Packets  uint64
}

func pieces(list []*Tile) (short []piece) {
	for _, t := range list {
		short = append(short, piece{int(t.From.Sub(start).Seconds()), int(t.To.Sub(start).Seconds()), t.Drops.Packets})
	}
	return short
}

func at(seconds float64) time.Time {
	return start.Add(time.Duration(seconds * float64(time.Second)))
}

func TestTiles(t *testing.T) {
	ms := 0.001
	for name, test := range map[string]struct {
		records []*Peer
		want    []piece
	}{
		"windows that grow, then overlap": {
			[]*Peer{dropping(1, at(10), 10, 1), dropping(1, at(20), 20, 3), dropping(1, at(30), 30, 7), dropping(1, at(70), 60, 60), dropping(1, at(80), 60, 66)},
			[]piece{{0, 10, 1}, {10, 70, 60}},
		},
		"times that jitter": {
			[]*Peer{dropping(1, at(60), 60, 1), dropping(1, at(120-400*ms), 60.003, 2), dropping(1, at(180+900*ms), 59.999, 3)},
			[]piece{{0, 60, 1}, {60, 119, 2}, {119, 180, 3}},
		},
		"records lost": {
			[]*Peer{dropping(1, at(60), 60, 1), dropping(1, at(150), 60, 2)},
			[]piece{{0, 60, 1}, {90, 150, 2}},
		},
		"the same record again": {
			[]*Peer{dropping(1, at(60), 60, 1), dropping(1, at(60), 60, 1), dropping(1, at(60), 60, 1)},
			[]piece{{0, 60, 1}},
		},
		"the clock set back": {
			[]*Peer{dropping(1, at(7200), 60, 1), dropping(1, at(60), 60, 1), dropping(1, at(70), 60, 2), dropping(1, at(120), 60, 3)},
			[]piece{{7140, 7200, 1}, {60, 120, 3}},
		},
		"no time": {
			[]*Peer{dropping(1, at(60), 0, 1), dropping(1, at(60), -5, 1), dropping(1, at(60), 10, 1)},
			[]piece{{50, 60, 1}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := t.TempDir()
			keep(t, open(t, path), test.records...)
			if diff := cmp.Diff(test.want, pieces(tiles(t, path, testPeer(1).ID, time.Time{}))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A new start of the agent tells of its own time only.
func TestTilesOfEpochs(t *testing.T) {
	path := t.TempDir()
	second := dropping(1, at(75), 20, 5)
	second.Epoch++
	none := dropping(1, at(76), 20, 5)
	none.Report.Drops = nil
	keep(t, open(t, path), dropping(1, at(60), 60, 1), none, second)
	list := tiles(t, path, second.ID, time.Time{})
	if diff := cmp.Diff([]piece{{0, 60, 1}, {60, 75, 5}}, pieces(list)); diff != "" {
		t.Error(diff)
	}
	if list[0].Epoch != 7 || list[1].Epoch != 8 {
		t.Errorf("epochs %d and %d", list[0].Epoch, list[1].Epoch)
	}
}

// The parts of a record come one by one, or not at all.
func TestTilesOfParts(t *testing.T) {
	path := t.TempDir()
	d := open(t, path)
	half := func(p *Peer) *Peer {
		q := *p
		q.Parts, q.Received = 2, 1
		r := *p.Report
		drops := *r.Drops
		drops.Rows, r.Drops, q.Report = nil, &drops, &r
		return &q
	}
	first, second, third := dropping(1, at(60), 60, 1), dropping(1, at(120), 60, 2), dropping(1, at(130), 60, 9)
	keep(t, d, half(first), first, half(second))
	if list := tiles(t, path, first.ID, time.Time{}); len(list) != 1 || len(list[0].Drops.Rows) != 1 {
		t.Fatalf("%v", pieces(list))
	}
	keep(t, d, third)
	list := tiles(t, path, first.ID, time.Time{})
	if diff := cmp.Diff([]piece{{0, 60, 1}, {60, 120, 2}}, pieces(list)); diff != "" {
		t.Error(diff)
	}
}

// A host that drops at random, whose records are late, lost and told again, by
// agents that are started again: all that tiles tell is exact.
func TestTilesAreExact(t *testing.T) {
	path := t.TempDir()
	d := open(t, path)
	random := rand.New(rand.NewPCG(1, 2))
	var intervals []uint64
	covered, kept := 0, 0
	for i := range 3000 {
		intervals = append(intervals, random.Uint64N(5))
		var sum uint64
		window := intervals[max(0, len(intervals)-6):]
		for _, n := range window {
			sum += n
		}
		if random.IntN(10) == 0 {
			continue
		}
		if random.IntN(500) == 0 {
			d.Close()
			d = open(t, path)
		}
		late := 1 + random.Float64()
		keep(t, d, dropping(1, at(10*float64(i+1)+late), 10*float64(len(window))+random.Float64()/100, sum))
	}
	var end time.Time
	for _, tile := range tiles(t, path, testPeer(1).ID, time.Time{}) {
		last := int(tile.To.Sub(start).Seconds()) / 10
		first := int(tile.From.Sub(start).Seconds()+5) / 10
		var want uint64
		for _, n := range intervals[first:last] {
			want += n
		}
		if tile.Drops.Packets != want || tile.From.Before(end) {
			t.Fatalf("%v to %v: %d packets, want %d", tile.From, tile.To, tile.Drops.Packets, want)
		}
		end = tile.To
		covered += last - first
		kept++
	}
	if covered < 2800 || kept > 600 {
		t.Errorf("%d of 3000 intervals in %d tiles", covered, kept)
	}
}

func TestTilesAfterARestart(t *testing.T) {
	path := t.TempDir()
	d, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	keep(t, d, dropping(1, at(60), 60, 1), dropping(1, at(120), 60, 2))
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(path, dropsName(testPeer(1).ID))
	file, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString(`{"to":"2026-01-02T0`); err != nil {
		t.Fatal(err)
	}
	file.Close()
	if list := tiles(t, path, testPeer(1).ID, time.Time{}); len(list) != 2 {
		t.Errorf("a cut line: %v", pieces(list))
	}
	d = open(t, path)
	keep(t, d, dropping(1, at(130), 60, 9), dropping(1, at(180), 60, 3))
	list := tiles(t, path, testPeer(1).ID, time.Time{})
	if diff := cmp.Diff([]piece{{0, 60, 1}, {60, 120, 2}, {120, 180, 3}}, pieces(list)); diff != "" {
		t.Error(diff)
	}
	if got := pieces(tiles(t, path, testPeer(1).ID, at(120))); len(got) != 1 {
		t.Errorf("after a time: %v", got)
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	keep(t, d, dropping(1, at(240), 60, 4))
	if diff := cmp.Diff([]piece{{180, 240, 4}}, pieces(tiles(t, path, testPeer(1).ID, time.Time{}))); diff != "" {
		t.Errorf("after somebody took the file away: %s", diff)
	}
}

func TestDropsAreForgotten(t *testing.T) {
	old := unix.Umask(0o077)
	defer unix.Umask(old)
	path := t.TempDir()
	d := open(t, path)
	for n := range 4 {
		p := dropping(n, at(60), 60, 1)
		if n != 3 {
			write(t, d, p)
		}
		keep(t, d, p)
		for _, suffix := range []string{".json", ".drops"} {
			name := filepath.Join(path, p.ID.String()+suffix)
			if info, err := os.Stat(name); err == nil && info.Mode() != 0o644 {
				t.Errorf("%s: %v", name, info.Mode())
			}
			if err := os.Chtimes(name, time.Time{}, start); err != nil && n != 3 {
				t.Fatal(err)
			}
		}
	}
	fresh := dropping(2, at(60), 60, 1)
	fresh.Last = time.Now()
	write(t, d, fresh)
	if err := d.Remove(testPeer(0).ID); err != nil {
		t.Error(err)
	}
	removed, err := d.Expire(time.Now().Add(-time.Hour))
	if err != nil || removed != 1 {
		t.Errorf("removed %d, %v", removed, err)
	}
	for n, want := range []int{0, 0, 1, 0} {
		if list := tiles(t, path, testPeer(n).ID, time.Time{}); len(list) != want {
			t.Errorf("host %d has %d tiles", n, len(list))
		}
	}
	keep(t, d, dropping(0, at(60), 60, 1))
	if list := tiles(t, path, testPeer(0).ID, time.Time{}); len(list) != 1 {
		t.Errorf("a host that came again has %d tiles", len(list))
	}
}

func TestDropsAreBounded(t *testing.T) {
	path := t.TempDir()
	d := open(t, path)
	d.LimitDrops(100 << 10)
	many := func(n int, minute int) *Peer {
		p := dropping(n, at(float64(60*minute)), 60, 5000)
		for i := range 40 {
			p.Report.Drops.Rows = append(p.Report.Drops.Rows, record.Row{Packets: uint64(50 - i), Reason: "SOCKET_RCVBUFF", Function: "udp_queue_rcv_one_skb"})
		}
		return p
	}
	used := func() (total int64) {
		entries, err := os.ReadDir(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			info, err := entry.Info()
			if err != nil {
				t.Fatal(err)
			}
			total += info.Size()
		}
		return total
	}
	for minute := range 200 {
		keep(t, d, many(0, minute+1))
	}
	if n := used(); n > 100<<10 || n < 50<<10 {
		t.Errorf("one host uses %d bytes", n)
	}
	for minute := range 60 {
		for n := range 3 {
			keep(t, d, many(n, minute+201))
		}
	}
	if n := used(); n > 101<<10 || d.memory.total != n {
		t.Errorf("three hosts use %d bytes, %d are known", n, d.memory.total)
	}
	for n := range 3 {
		list := tiles(t, path, testPeer(n).ID, time.Time{})
		if len(list) < 3 || !list[len(list)-1].To.Equal(at(60*260)) || list[0].Drops.Packets != 5000 || len(list[0].Drops.Rows) < 10 {
			t.Errorf("host %d: %d tiles", n, len(list))
		}
	}
}

// What is in the way of a file of drops stops neither reader nor writer of others.
func TestBrokenDrops(t *testing.T) {
	path := t.TempDir()
	if err := unix.Mkfifo(filepath.Join(path, dropsName(testPeer(1).ID)), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(path, dropsName(testPeer(2).ID))); err != nil {
		t.Fatal(err)
	}
	whole, err := formatTile(&Tile{To: at(60), From: at(0), Drops: &record.Drops{Packets: 1}}, maxTile)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Join([][]byte{[]byte("{}\n"), whole, []byte("x\n"), whole[:20]}, nil)
	if err := os.WriteFile(filepath.Join(path, dropsName(testPeer(3).ID)), lines, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(path, dropsName(testPeer(4).ID)), make([]byte, maxHostDrops+1), 0o644); err != nil {
		t.Fatal(err)
	}
	past, err := OpenPast(path)
	if err != nil {
		t.Fatal(err)
	}
	defer past.Close()
	for n, want := range []int{0, 0, 0, 1, 0} {
		got := 0
		err := past.Drops(testPeer(n).ID, time.Time{}, func(*Tile) { got++ })
		if got != want || (err == nil) != (n == 0) {
			t.Errorf("host %d: %d tiles, %v", n, got, err)
		}
	}
	d := open(t, path)
	for n := range 5 {
		if err := d.AppendDrops(dropping(n, at(120), 60, 2)); (err != nil) != (n == 1 || n == 2) {
			t.Errorf("host %d: %v", n, err)
		}
	}
	if list := tiles(t, path, testPeer(4).ID, time.Time{}); len(list) != 1 {
		t.Errorf("a file that was too long has %d tiles", len(list))
	}
	if _, err := OpenPast(filepath.Join(path, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no directory: %v", err)
	}
}

func FuzzParseTile(f *testing.F) {
	line, err := formatTile(&Tile{To: at(60), From: at(0), Epoch: 1, Drops: testPeer(1).Report.Drops}, maxTile)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(line)
	f.Add(line[:50])
	f.Add([]byte(`{"to":"2026-01-02T03:04:05+99:00","from":"2026-01-02T03:04:04Z","drops":{"rows":null}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		endOf(data)
		tile, err := parseTile(data)
		if err != nil {
			return
		}
		again, err := formatTile(tile, maxTile)
		if err != nil {
			return // too long
		}
		back, err := parseTile(again)
		if err != nil {
			t.Fatal(err)
		}
		if end, quick := endOf(again); !quick || !end.Equal(tile.To) {
			t.Fatalf("%s ends %v", again, end)
		}
		if len(back.Drops.Rows) == len(tile.Drops.Rows) {
			for i := range tile.Drops.Rows {
				r := &tile.Drops.Rows[i]
				r.Text, r.Cause, r.Discard = "", "", nil
			}
			if diff := cmp.Diff(tile, back, cmpopts.EquateComparable(netip.Addr{}), cmpopts.EquateEmpty()); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}

func BenchmarkAppendDrops(b *testing.B) {
	d := open(b, b.TempDir())
	p := dropping(1, start, 60, 5)
	b.ReportAllocs()
	for b.Loop() {
		p.Sent = p.Sent.Add(time.Minute)
		keep(b, d, p)
	}
}
