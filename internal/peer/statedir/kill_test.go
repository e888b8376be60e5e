package statedir

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	writerDir   = "DROPWATCH_TEST_WRITER"
	writerPeers = 5
)

// TestMain is the writer when it is told to be: it writes peers and their drops
// as fast as it can until it is killed.
func TestMain(m *testing.M) {
	path := os.Getenv(writerDir)
	if path == "" {
		os.Exit(m.Run())
	}
	d, err := Open(path)
	for n := uint64(1); err == nil; n++ {
		p := testPeer(int(n % writerPeers))
		p.Sequence, p.Epoch = n, n
		p.Sent = time.Now()
		p.Report.Drops.Seconds = 1e-6
		if err = d.Write(p); err == nil {
			err = d.AppendDrops(p)
		}
		if err == nil && n == writerPeers {
			fmt.Println("ready") // all are there
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// TestKilledWriter kills writers at any moment for five seconds, and reads all
// the time: every file is whole and there, nothing is left behind for ever.
func TestKilledWriter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "peers")
	kills, reads := 0, 0
	end := time.Now().Add(5 * time.Second)
	for time.Now().Before(end) {
		stop := startWriter(t, path)
		until := time.Now().Add(time.Duration(kills*37%50) * time.Millisecond)
		for first := true; first || time.Now().Before(until); first = false {
			checkWhole(t, path)
			reads++
		}
		stop()
		kills++
		checkWhole(t, path)
	}
	open(t, path)
	entries, err := os.ReadDir(path)
	if err != nil || len(entries) < 2*writerPeers || len(entries) > 3*writerPeers+1 { // with the lock
		t.Errorf("%d files after the last start, %v", len(entries), err)
	}
	t.Logf("%d writers killed, %d reads while they wrote", kills, reads)
	if kills < 5 || reads < kills {
		t.Errorf("only %d writers killed, %d reads", kills, reads)
	}
}

// startWriter returns when all files are there.
func startWriter(t *testing.T, path string) (kill func()) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), writerDir+"="+path)
	var errors strings.Builder
	child.Stderr = &errors
	out, err := child.StdoutPipe()
	if err == nil {
		err = child.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	var word [5]byte
	if _, err := out.Read(word[:]); err != nil || string(word[:]) != "ready" {
		child.Process.Kill()
		child.Wait()
		t.Fatalf("writer says %q, %v: %s", word, err, &errors)
	}
	return func() {
		child.Process.Kill()
		child.Wait() // an error: it was killed
	}
}

func checkWhole(t *testing.T, path string) {
	t.Helper()
	peers, problems := readAll(t, path)
	if len(peers) != writerPeers || problems != nil {
		t.Fatalf("%d of %d peers, problems: %v", len(peers), writerPeers, problems)
	}
	for _, p := range peers {
		if p.Epoch != p.Sequence || len(p.Report.Drops.Rows) != 10 {
			t.Fatalf("peer %s is a mix", p.Name)
		}
		var end time.Time
		for _, tile := range tiles(t, path, p.ID, time.Time{}) {
			if len(tile.Drops.Rows) != 10 || tile.From.Before(end) {
				t.Fatalf("tiles of %s overlap or are a mix: %v and %v", p.Name, end, tile.From)
			}
			end = tile.To
		}
	}
}
