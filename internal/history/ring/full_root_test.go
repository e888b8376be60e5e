package ring

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestRootFullDisk fills a file system: updates that need room fail, what was
// written can be read, and with room it goes on.
func TestRootFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=160k"); errors.Is(err, unix.EPERM) && os.Getenv("VMTEST") == "" {
		t.Skip("mounting needs root")
	} else if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 60<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Create(filepath.Join(dir, "host"), "dw1-test", Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	for ; n < 1000; n++ {
		if err = f.Update(at(10*n), one("a", float64(n))); err != nil {
			break
		}
	}
	if !errors.Is(err, unix.ENOSPC) || n < 20 {
		t.Fatalf("after %d updates: %v", n, err)
	}
	if _, err := Create(filepath.Join(dir, "other"), "", Config{}); !errors.Is(err, unix.ENOSPC) {
		t.Errorf("another file: %v", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Errorf("%v, %v: something is left behind", entries, err)
	}
	s := fetch(t, f.path, "a", at(0), at(10*(n-1)), 0)
	if len(s.Average) != n-1 || s.Average[0] != 1 || s.Average[n-2] != float64(n-1) || s.Torn != 0 {
		t.Errorf("%d points of %d: %v, %d torn", len(s.Average), n-1, s.Average, s.Torn)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	for i := n + 1; i < n+3; i++ { // the one that failed is within the heartbeat
		if err := f.Update(at(10*i), one("a", float64(i))); err != nil {
			t.Fatal(err)
		}
	}
	s = fetch(t, f.path, "a", at(10*(n-1)), at(10*(n+2)), 0)
	if len(s.Average) != 3 || s.Average[0] != float64(n+1) || s.Average[1] != float64(n+1) || s.Average[2] != float64(n+2) {
		t.Errorf("with room again: %v", s.Average)
	}
}
