package statedir

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestRootFullDisk fills a file system of 64 KiB: writing fails, and what was
// there stays.
func TestRootFullDisk(t *testing.T) {
	path := smallDisk(t)
	d, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	written := 0
	for ; written < 100; written++ {
		p := testPeer(written)
		p.Report.Drops.Rows[0].Text = strings.Repeat("x", 160)
		if err = d.Write(p); err != nil {
			break
		}
	}
	if !errors.Is(err, unix.ENOSPC) || written < 2 {
		t.Fatalf("after %d peers: %v", written, err)
	}
	changed := testPeer(0)
	changed.Sequence = 99
	if err := d.Write(changed); !errors.Is(err, unix.ENOSPC) {
		t.Errorf("write an old peer anew: %v", err)
	}
	peers, problems := readAll(t, path)
	if len(peers) != written || problems != nil || peers[0].Sequence != 0 {
		t.Errorf("%d of %d peers, problems %v", len(peers), written, problems)
	}
	entries, err := os.ReadDir(path)
	if err != nil || len(entries) != written+1 { // and the lock
		t.Errorf("%d files, %v: unfinished ones stay", len(entries), err)
	}
	if err := d.Remove(testPeer(1).ID); err != nil {
		t.Error(err)
	}
	if err := d.Write(changed); err != nil {
		t.Errorf("with room again: %v", err)
	}
}

// TestRootFullDiskDrops: what was kept of drops stays whole on a full disk, and
// goes on with room again.
func TestRootFullDiskDrops(t *testing.T) {
	path := smallDisk(t)
	d := open(t, path)
	appended := 0
	var err error
	for ; appended < 1000; appended++ {
		if err = d.AppendDrops(dropping(1+appended%3, at(60*float64(appended+1)), 60, uint64(appended))); err != nil {
			break
		}
	}
	if !errors.Is(err, unix.ENOSPC) || appended < 6 {
		t.Fatalf("after %d: %v", appended, err)
	}
	count := func() (n int) {
		for i := range 3 {
			n += len(tiles(t, path, testPeer(1+i).ID, time.Time{}))
		}
		return n
	}
	if n := count(); n != appended {
		t.Errorf("%d tiles of %d", n, appended)
	}
	if err := d.Remove(testPeer(1 + (appended+1)%3).ID); err != nil {
		t.Fatal(err)
	}
	before := count()
	keep(t, d, dropping(1+appended%3, at(60*float64(appended+1)), 60, 1))
	if n := count(); n != before+1 {
		t.Errorf("%d tiles with room again, %d before", n, before)
	}
}

// smallDisk is a file system of 64 KiB.
func smallDisk(t *testing.T) string {
	t.Helper()
	path := t.TempDir()
	if err := unix.Mount("tmpfs", path, "tmpfs", 0, "size=64k"); errors.Is(err, unix.EPERM) && os.Getenv("VMTEST") == "" {
		t.Skip("mounting needs root")
	} else if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(path, 0); err != nil {
			t.Error(err)
		}
	})
	return path
}
