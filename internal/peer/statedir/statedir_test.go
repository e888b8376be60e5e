package statedir

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/sys/unix"

	"dropwatch/internal/peer/identity"
	"dropwatch/internal/peer/record"
)

func testPeer(n int) *Peer {
	p := &Peer{
		Schema: Schema, ID: identity.ID{1, byte(n >> 8), byte(n)}, Name: fmt.Sprintf("host%03d", n), Address: "192.0.2.1:1513", Role: "mute",
		First: time.Unix(1790000000, 0).UTC(), Last: time.Unix(1790000100, 5).UTC(), Epoch: 1790000000, Sequence: uint64(n), Parts: 1, Received: 1,
		Report: &record.Report{
			Host:   &record.Host{Name: fmt.Sprintf("host%03d", n), Interval: 10},
			Status: &record.Status{Uptime: new(uint64(0)), Users: []record.User{}, Load1: new(0.25)},
			Drops:  &record.Drops{Source: "ebpf", Seconds: 10},
		},
	}
	for i := range 10 {
		p.Report.Drops.Rows = append(p.Report.Drops.Rows, record.Row{
			Packets: uint64(i), Reason: "NO_SOCKET", Function: "__udp4_lib_rcv", Class: "peer",
			Source: record.Endpoint{Addr: netip.AddrFrom4([4]byte{10, 0, 0, 1}), Port: 4000},
		})
	}
	return p
}

func open(t testing.TB, path string) *Dir {
	t.Helper()
	d, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func write(t testing.TB, d *Dir, peers ...*Peer) {
	t.Helper()
	for _, p := range peers {
		if err := d.Write(p); err != nil {
			t.Fatal(err)
		}
	}
}

func readAll(t testing.TB, path string) ([]*Peer, []error) {
	t.Helper()
	peers, problems, err := ReadAll(path)
	if err != nil {
		t.Fatal(err)
	}
	return peers, problems
}

func TestWriteAndRead(t *testing.T) {
	old := unix.Umask(0o077)
	defer unix.Umask(old)
	path := filepath.Join(t.TempDir(), "run", "peers")
	d := open(t, path)
	a, b := testPeer(1), testPeer(2)
	write(t, d, b, a)
	b.Sequence++
	write(t, d, b)
	got, problems := readAll(t, path)
	if diff := cmp.Diff([]*Peer{a, b}, got, cmpopts.EquateComparable(netip.Addr{})); diff != "" || problems != nil {
		t.Error(diff, problems)
	}
	for name, want := range map[string]fs.FileMode{path: 0o755 | fs.ModeDir, filepath.Join(path, a.ID.String()+".json"): 0o644} {
		if info, err := os.Stat(name); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	if err := d.Remove(a.ID); err != nil {
		t.Error(err)
	}
	if err := d.Remove(a.ID); err != nil {
		t.Error(err)
	}
	if got, _ := readAll(t, path); len(got) != 1 {
		t.Errorf("%d peers after one of two was removed", len(got))
	}
	if _, _, err := ReadAll(filepath.Join(path, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing directory: %v", err)
	}
}

// TestOneWriter holds that two agents do not take each other's unfinished
// files for left ones.
func TestOneWriter(t *testing.T) {
	path := t.TempDir()
	d, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "another agent") {
		t.Errorf("second writer: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(path, tempPrefix+"7")
	if err := os.WriteFile(left, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	open(t, path)
	if _, err := os.Stat(left); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("unfinished file is still there: %v", err)
	}
}

func TestBrokenFilesAreToldAndSkipped(t *testing.T) {
	path := t.TempDir()
	d := open(t, path)
	good := testPeer(1)
	write(t, d, good)
	whole, err := os.ReadFile(filepath.Join(path, fileName(good.ID)))
	if err != nil {
		t.Fatal(err)
	}
	put := func(n int, data string) {
		if err := os.WriteFile(filepath.Join(path, fileName(testPeer(n).ID)), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(2, string(whole[:len(whole)/2]))
	put(3, "")
	put(4, string(whole)) // under the name of another
	put(5, strings.Replace(string(whole), Schema, "dropwatch.peer.v9", 1))
	put(6, strings.Repeat(" ", MaxBytes+1))
	if err := unix.Mkfifo(filepath.Join(path, fileName(testPeer(7).ID)), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(path, fileName(testPeer(8).ID))); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(path, fileName(testPeer(9).ID)), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(path, "README.json"), []byte("not ours"), 0o644); err != nil {
		t.Fatal(err)
	}
	peers, problems := readAll(t, path)
	if len(peers) != 1 || len(problems) != 8 {
		t.Errorf("%d peers, problems: %v", len(peers), errors.Join(problems...))
	}
	for i, problem := range problems {
		if id := testPeer(i + 2).ID.String(); !strings.Contains(problem.Error(), id) {
			t.Errorf("problem %q does not name %s", problem, id)
		}
	}
}

func TestNewerFilesAndBadWords(t *testing.T) {
	text := `{"schema":"dropwatch.peer.v1","id":"` + testPeer(1).ID.String() + `","name":"a\u001b[2Jb","new":{"x":[1]},
"first_heard":"2026-09-01T00:00:00Z","last_heard":"2026-09-01T00:00:00Z","epoch":1,"sequence":2,
"report":{"host":{"name":"\u0007x"},"drops":{"seconds":1,"packets":0,"lost":0,"benign":0,"rows":[{"packets":1,"process":"\u009b31m"}]},"traffic":{}}}`
	p, err := parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if p.Name != "a?[2Jb" || p.Report.Host.Name != "?x" || p.Report.Drops.Rows[0].Process != "?31m" {
		t.Errorf("got %q, %q, %q", p.Name, p.Report.Host.Name, p.Report.Drops.Rows[0].Process)
	}
}

func TestWriteRefuses(t *testing.T) {
	path := t.TempDir()
	d := open(t, path)
	p := testPeer(1)
	write(t, d, p)
	if err := d.Write(&Peer{Name: "../../etc/passwd"}); err == nil {
		t.Error("a peer without id was written")
	}
	evil := testPeer(2)
	evil.Name = "../../../tmp/x\x00"
	write(t, d, evil)
	large := testPeer(1)
	large.Name = strings.Repeat("x", MaxBytes)
	if err := d.Write(large); err == nil {
		t.Error("a document too large to be read was written")
	}
	entries, err := os.ReadDir(path)
	if err != nil || len(entries) != 3 { // with the lock
		t.Errorf("%d files, %v", len(entries), err)
	}
	if got, problems := readAll(t, path); len(got) != 2 || problems != nil {
		t.Errorf("%d peers, %v", len(got), problems)
	}
}

func TestExpire(t *testing.T) {
	path := t.TempDir()
	d := open(t, path)
	now := time.Now()
	for i, age := range []time.Duration{time.Minute, time.Hour, 2 * time.Hour} {
		p := testPeer(i)
		p.Last = now.Add(-age)
		write(t, d, p)
	}
	touch := func(n int, age time.Duration) {
		if err := os.Chtimes(filepath.Join(path, fileName(testPeer(n).ID)), time.Time{}, now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	touch(0, time.Hour) // such as by a copy: what the file says counts
	touch(1, time.Hour)
	touch(2, 2*time.Hour)
	broken := filepath.Join(path, fileName(testPeer(7).ID))
	if err := os.WriteFile(broken, []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	touch(7, time.Hour)
	removed, err := d.Expire(now.Add(-30 * time.Minute))
	if err != nil || removed != 3 {
		t.Errorf("removed %d, %v", removed, err)
	}
	if got, problems := readAll(t, path); len(got) != 1 || got[0].Name != "host000" || problems != nil {
		t.Errorf("left: %v, %v", got, problems)
	}
}

func FuzzParse(f *testing.F) {
	whole, err := format(testPeer(1))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:100])
	f.Add([]byte(`{"schema":"dropwatch.peer.v1","id":"` + testPeer(1).ID.String() + `","report":{"status":{"clock":null}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := parse(data)
		if err != nil {
			return
		}
		again, err := format(p)
		if err != nil {
			t.Fatal(err)
		}
		back, err := parse(again)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(p, back, cmpopts.EquateComparable(netip.Addr{})); diff != "" {
			t.Fatal(diff)
		}
	})
}

func BenchmarkReadAll500(b *testing.B) {
	path := b.TempDir()
	d := open(b, path)
	for i := range 500 {
		write(b, d, testPeer(i))
	}
	b.ReportAllocs()
	for b.Loop() {
		if peers, problems := readAll(b, path); len(peers) != 500 || problems != nil {
			b.Fatal(len(peers), problems)
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	d := open(b, b.TempDir())
	p := testPeer(1)
	b.ReportAllocs()
	for b.Loop() {
		write(b, d, p)
	}
}

// Whoever may read the directory cannot keep an agent from starting.
func TestReadersCannotTakeTheDirectory(t *testing.T) {
	path := t.TempDir()
	reader, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if err := unix.Flock(int(reader.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	open(t, path)
}
