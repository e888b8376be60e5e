package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Files that were rotated can be replayed one by one, and add up.
func TestRootRecordRotates(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	dir := t.TempDir()
	c := recordOn(t, l, filepath.Join(dir, "drops"), "-C", "1")
	const sent = 15000 // some 4 MB
	for range 10 {
		l.drop(t, sent/10)
	}
	c.signal(t, syscall.SIGTERM)
	c.wait(t, 0)
	names, err := filepath.Glob(filepath.Join(dir, "drops*"))
	if err != nil || len(names) < 3 {
		t.Fatalf("%d files, %v", len(names), err)
	}
	var packets, missed uint64
	for _, name := range names {
		s := replayed(t, name)
		packets += s.Total.Lost
		missed += s.Missed.Events + s.Missed.Packets + s.Missed.Limited
		if info, err := os.Stat(name); err != nil || info.Size() > 1_100_000 {
			t.Errorf("%v, %v", info, err)
		}
	}
	told, lost := c.recorded(t)
	if packets != told || missed != lost || packets+missed != sent {
		t.Errorf("%d packets in %d files and %d missed of %d; told were %d and %d", packets, len(names), missed, sent, told, lost)
	}
}

// A ring has as many files as were asked for.
func TestRootRecordRing(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	dir := t.TempDir()
	c := recordOn(t, l, filepath.Join(dir, "drops"), "-C", "1", "-W", "2")
	for range 15 {
		l.drop(t, 1000)
	}
	c.signal(t, syscall.SIGTERM)
	c.wait(t, 0)
	names, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(names) != 2 || !strings.Contains(c.err.String(), "files, the last is "+dir) {
		t.Errorf("files %q\n%s", names, &c.err)
	}
}

// A recorder that is killed leaves a file that says so.
func TestRootRecordKilled(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	file := filepath.Join(t.TempDir(), "drops.pcapng")
	c := recordOn(t, l, file)
	before := fileSize(t, file)
	l.drop(t, 100)
	// it writes when it has read all, and counts within a second
	c.until(t, "packets and counts in the file", func() bool {
		return fileSize(t, file) > before && strings.Count(content(t, file), `{"at":`) == 1
	})
	c.signal(t, syscall.SIGKILL)
	c.wait(t, -1)
	p := launch(t, nil, "replay", file)
	p.wait(t, 0)
	p.oneLine(t, "cut off")
	if !strings.Contains(p.out.String(), "100 packets dropped") || !strings.Contains(p.out.String(), "__udp4_lib_rcv") {
		t.Errorf("%s", &p.out)
	}
}

func fileSize(t *testing.T, name string) int64 {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

func content(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestRootRecordFullDevice(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	c := launch(t, nil, "record", "--netns", l.name, "-w", "/dev/full")
	c.wait(t, 1)
	c.oneLine(t, "/dev/full: write recording")
	c.oneLine(t, "make room")
}

// A full disk ends the recording; what is on it can be replayed.
func TestRootRecordFullDisk(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	file := filepath.Join(dir, "drops.pcapng")
	c := recordOn(t, l, file)
	for range 10 {
		l.drop(t, 1000) // some 3 MB
	}
	c.wait(t, 1)
	c.oneLine(t, file+": write recording")
	c.oneLine(t, "no space left on device")
	c.oneLine(t, "let -C and -W bound the files")
	var told uint64
	_, after, _ := strings.Cut(c.err.String(), "no space left on device; ")
	fmt.Sscan(after, &told)
	p := launch(t, nil, "replay", file)
	p.wait(t, 0)
	p.oneLine(t, "cut off: whoever recorded it was killed, or its disk was full; what comes before")
	if s := replayed(t, file); s.Total.Lost != told || told < 2000 {
		t.Errorf("%d packets replayed, told were %d", s.Total.Lost, told)
	}
}

// In a flood every packet is in the file or counted as missed.
func TestRootRecordFlood(t *testing.T) {
	l := newLab(t)
	rate, span := 200_000, 2*time.Second
	if os.Getenv("VMTEST") != "" { // emulated, with little room for the file
		rate, span = 5000, 2*time.Second
	}
	file := filepath.Join(t.TempDir(), "drops.pcapng")
	c := recordOn(t, l, file)
	sent := l.flood(t, rate, span)
	c.signal(t, syscall.SIGINT)
	c.wait(t, 0)
	packets, missed := c.recorded(t)
	if packets+missed != sent {
		t.Errorf("%d packets recorded and %d missed of %d", packets, missed, sent)
	}
	s := replayed(t, file)
	if s.Total.Packets != packets || s.Missed.Events+s.Missed.Packets+s.Missed.Limited != missed {
		t.Errorf("replayed %d packets and %+v missed", s.Total.Packets, s.Missed)
	}
	t.Logf("%d packets sent: %d recorded, %d missed, %s of CPU time", sent, packets, missed,
		c.command.ProcessState.UserTime()+c.command.ProcessState.SystemTime())
	if path, err := exec.LookPath("capinfos"); err == nil {
		output, err := exec.Command(path, "-M", "-c", file).Output()
		if err != nil || !strings.Contains(string(output), fmt.Sprintf("Number of packets:   %d\n", packets)) {
			t.Errorf("%v: %s", err, output)
		}
	}
}

// flood drops packets at a rate, as far as the machine can, and returns how
// many.
func (l *lab) flood(t *testing.T, rate int, span time.Duration) (sent uint64) {
	t.Helper()
	l.do(t, func() error {
		c, err := net.ListenPacket("udp4", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer c.Close()
		raw, err := c.(*net.UDPConn).SyscallConn()
		if err != nil {
			return err
		}
		to := &unix.SockaddrInet4{Port: 9, Addr: [4]byte{127, 0, 0, 1}}
		payload := []byte("twelve bytes")
		var failed error
		err = raw.Control(func(fd uintptr) {
			for start, total := time.Now(), uint64(span.Seconds()*float64(rate)); sent < total && failed == nil; {
				due := min(uint64(time.Since(start).Seconds()*float64(rate)), total)
				for ; sent < due && failed == nil; sent++ {
					failed = unix.Sendto(int(fd), payload, 0, to)
				}
				time.Sleep(100 * time.Microsecond)
			}
		})
		if err != nil {
			return err
		}
		return failed
	})
	return sent
}
