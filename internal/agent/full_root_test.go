package agent

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"dropwatch/internal/alert"
	"dropwatch/internal/config"
)

// TestRootFullDisk: on a full disk all goes on but what is written, which is told
// once; what rings does not ring again; and with room again all is as before.
func TestRootFullDisk(t *testing.T) {
	path := t.TempDir()
	if err := unix.Mount("tmpfs", path, "tmpfs", 0, "size=256k"); errors.Is(err, unix.EPERM) && os.Getenv("VMTEST") == "" {
		t.Skip("mounting needs root")
	} else if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(path, 0); err != nil {
			t.Error(err)
		}
	})
	key := newKeys(t)
	c := member(t, quick(t, "a"), key, config.Collector)
	c.State = config.State{Identity: filepath.Join(path, "identity"), Peers: filepath.Join(path, "peers")}
	c.History.Enabled = false
	c.Alerts.Rules = []alert.Rule{{Name: "memory", When: "memory.used > 0", Hosts: []string{"b"}}}
	a := start(t, c)
	eventually(t, "the first record", func() bool { return a.hosts.of(a.ID()) != nil })
	fill(t, filepath.Join(path, "fill"))
	other := quick(t, "b")
	other.Interval = c.Interval
	b := start(t, member(t, other, key, config.Mute, c.Peers.Bind))
	seen := func() bool { p := a.hosts.of(b.ID()); return p != nil && p.Sequence > 5 }
	eventually(t, "records of another host on a full disk", seen)
	eventually(t, "an alert on a full disk", func() bool { return a.log.count("memory.used is") == 1 })
	own := a.hosts.of(a.ID()).Sequence
	eventually(t, "some more intervals", func() bool { return a.hosts.of(a.ID()).Sequence > own+5 })
	for _, h := range a.Parts() {
		if !h.Running || h.Failures > 0 {
			t.Errorf("%+v", h)
		}
	}
	if n := a.log.count("no space left on device"); n < 1 || n > 5 {
		t.Errorf("%d complaints:\n%s", n, a.log)
	}
	if err := os.Remove(filepath.Join(path, "fill")); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the file of the other host", func() bool {
		_, err := os.Stat(filepath.Join(c.State.Peers, b.ID().String()+".json"))
		return err == nil
	})
	eventually(t, "alerts for the next start", func() bool {
		text, err := os.ReadFile(filepath.Join(c.State.Identity, AlertsName))
		return err == nil && bytes.Contains(text, []byte(`"memory"`))
	})
	a.stop()
	again := start(t, c)
	eventually(t, "some intervals after a restart", func() bool { p := again.hosts.of(again.ID()); return p != nil && p.Sequence > 5 })
	if n := again.log.count("memory.used is"); n != 0 {
		t.Errorf("it rang again: %s", again.log)
	}
}

// fill uses up all room of a file system.
func fill(t *testing.T, path string) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for block := make([]byte, 512); err == nil; {
		_, err = file.Write(block)
	}
	if !errors.Is(err, unix.ENOSPC) {
		t.Fatal(err)
	}
}
