package rotate

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"dropwatch/internal/export/pcapng"

	"golang.org/x/sys/unix"
)

// smallDisk is a folder with room for so many bytes.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("small", dir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "size="+size); err != nil {
		if os.Getenv("DROPWATCH_CI") != "" {
			t.Fatalf("mount: %v", err)
		}
		t.Skipf("mount: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return dir
}

// TestRootFullDisk records until there is no room: the file ends with a whole
// block, and has the packets that the writer counted.
func TestRootFullDisk(t *testing.T) {
	path := filepath.Join(smallDisk(t, "1m"), "x.pcapng")
	f, err := Open(Config{Path: path}, start)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, err := pcapng.NewWriter(f, pcapng.Section{})
	if err == nil {
		_, err = w.AddInterface(pcapng.Interface{Name: "eth0", LinkType: 1})
	}
	given := uint64(0)
	for p := (&pcapng.Packet{Data: make([]byte, 333)}); err == nil && given < 10_000; given++ {
		err = w.WritePacket(p)
	}
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), path+": no space left") {
		t.Fatalf("after %d packets: %v", given, err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	packets, r := uint64(0), pcapng.NewReader(bytes.NewReader(file))
	for {
		block, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, is := block.(*pcapng.Packet); is {
			packets++
		}
	}
	if packets != w.Packets() || w.Size() != int64(len(file)) {
		t.Errorf("%d packets in %d bytes are counted, but %d in %d bytes are there", w.Packets(), w.Size(), packets, len(file))
	}
	if room := 1<<20 - len(file); room > 400 || given <= packets {
		t.Errorf("%d bytes of room were left, %d of %d packets are there", room, packets, given)
	}
}

// TestRootRoomAgain has room come back after a write failed: what follows is
// next to what was there.
func TestRootRoomAgain(t *testing.T) {
	dir := smallDisk(t, "64k")
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 32<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Open(Config{Path: filepath.Join(dir, "x")}, start)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	first, second := bytes.Repeat([]byte("a"), 5000), bytes.Repeat([]byte("b"), 40<<10)
	if _, err := f.Write(first); err != nil {
		t.Fatal(err)
	}
	if n, err := f.Write(second); n != 0 || !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("%d bytes written, %v", n, err)
	}
	if got := contents(t, dir)["x"]; got != string(first) {
		t.Errorf("%d bytes are there", len(got))
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if n, err := f.Write(second); n != len(second) || err != nil {
		t.Fatalf("%d bytes written, %v", n, err)
	}
	if got := contents(t, dir)["x"]; got != string(first)+string(second) {
		t.Errorf("%d bytes are there", len(got))
	}
}
