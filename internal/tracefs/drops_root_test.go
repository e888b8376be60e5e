package tracefs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// count stops the recording and counts what is left.
func count(t *testing.T, d *Drops) (n uint64) {
	t.Helper()
	if err := d.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := d.Receive(time.Time{}, func(*Event) { n++ }); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestRootExact(t *testing.T) {
	root := mount(t, 0)
	d := open(t, Config{Root: root, filter: ours(etherType)})
	if !d.format.hasReason() {
		t.Skip("this kernel gives no reasons")
	}
	const frames = 5000
	begin := time.Now()
	drop(t, etherType, frames)
	end := time.Now()
	if err := d.Stop(); err != nil {
		t.Fatal(err)
	}
	drop(t, etherType, 10) // comes too late

	// The clock may be set in steps of some microseconds while we measure.
	const slack = time.Millisecond
	var n int
	var first Event
	last := make(map[int]time.Time)
	err := d.Receive(time.Time{}, func(e *Event) {
		if n++; n == 1 {
			first = *e
		}
		if e.Time.Before(begin.Add(-slack)) || e.Time.After(end.Add(slack)) {
			t.Fatalf("drop at %v, sent from %v to %v", e.Time, begin, end)
		}
		if e.Time.Before(last[e.CPU]) || e.CPU >= runtime.NumCPU() {
			t.Fatalf("drop at %v on CPU %d after one at %v", e.Time, e.CPU, last[e.CPU])
		}
		last[e.CPU] = e.Time
		if e.Protocol != etherType || e.Reason != first.Reason || e.Location != first.Location {
			t.Fatalf("got %+v after %+v", *e, first)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if n != frames || lost(t, d) != 0 {
		t.Errorf("%d drops and %d lost, want %d", n, lost(t, d), frames)
	}
	text, err := os.ReadFile(filepath.Join(root, event, "format"))
	if err != nil {
		t.Fatal(err)
	}
	if name := fmt.Sprintf("{ %d, \"UNHANDLED_PROTO\" }", first.Reason); !strings.Contains(string(text), name) {
		t.Errorf("reason %d is not UNHANDLED_PROTO", first.Reason)
	}
}

// A buffer that is too small loses drops, each of which is counted, whether it
// is read meanwhile or not.
func TestRootSmallBuffer(t *testing.T) {
	root := mount(t, 0)
	const frames = 60000
	for _, reading := range []bool{false, true} {
		d := open(t, Config{Root: root, BufferBytes: 1, filter: ours(etherType)})
		var n uint64
		done := make(chan error, 1)
		if reading {
			go func() { done <- d.Receive(time.Time{}, func(*Event) { n++ }) }()
		} else {
			done <- nil
		}
		drop(t, etherType, frames)
		if reading {
			d.Wake()
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		n += count(t, d)
		gone := lost(t, d)
		if n == 0 || n+gone != frames {
			t.Errorf("reading %t: %d delivered and %d lost of %d", reading, n, gone, frames)
		}
		if !reading && gone == 0 {
			t.Error("nothing was lost, so nothing was tested")
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if after := lost(t, d); after != gone {
			t.Errorf("%d lost after Close, %d before", after, gone)
		}
		t.Logf("reading %t: %d delivered, %d lost", reading, n, gone)
	}
}

func TestRootTwoAtOnce(t *testing.T) {
	root := mount(t, 0)
	one := open(t, Config{Root: root, filter: ours(etherType)})
	two := open(t, Config{Root: root, filter: ours(etherType)})
	other := open(t, Config{Root: root, filter: ours(etherTypeOther)})
	if one.dir == two.dir {
		t.Fatalf("both use %s", one.dir)
	}
	drop(t, etherType, 100)
	if n := count(t, one); n != 100 {
		t.Errorf("the first saw %d", n)
	}
	if err := one.Close(); err != nil {
		t.Fatal(err)
	}
	drop(t, etherType, 100)
	if n := count(t, two); n != 200 {
		t.Errorf("the second saw %d", n)
	}
	if n := count(t, other); n != 0 {
		t.Errorf("the filter let %d through", n)
	}
}

func TestRootReasons(t *testing.T) {
	root := mount(t, 0)
	if d := open(t, Config{Root: root}); !d.format.hasReason() {
		t.Skip("this kernel gives no reasons")
	}
	const nobodys = 0x7fff1234
	d := open(t, Config{Root: root, Reasons: []uint32{nobodys, nobodys + 1}})
	drop(t, etherType, 100)
	if n := count(t, d); n != 0 {
		t.Errorf("the filter let %d through", n)
	}
}

func TestRootClosed(t *testing.T) {
	root := mount(t, 0)
	d := open(t, Config{Root: root})
	if !exists(t, d.dir) {
		t.Fatalf("no instance %s", d.dir)
	}
	for range 2 {
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if exists(t, d.dir) {
		t.Errorf("%s is left", d.dir)
	}
	if err := d.Receive(time.Now(), func(*Event) {}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("got %v", err)
	}
	// nor does an Open that fails in the end leave one
	if _, err := Open(Config{Root: root, filter: "no such field"}); err == nil {
		t.Error("the filter is wrong")
	}
	left, err := filepath.Glob(filepath.Join(root, "instances", fmt.Sprintf("%s-%d-*", namePrefix, os.Getpid())))
	if err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// An instance that somebody else reads cannot be removed, but it is switched
// off.
func TestRootBusy(t *testing.T) {
	root := mount(t, 0)
	d, err := Open(Config{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	reader, err := os.Open(filepath.Join(d.dir, "trace_pipe"))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); !errors.Is(err, unix.EBUSY) || !strings.Contains(err.Error(), "somebody reads it") {
		t.Errorf("got %v", err)
	}
	text, err := os.ReadFile(filepath.Join(d.dir, event, "enable"))
	if err != nil || strings.TrimSpace(string(text)) != "0" {
		t.Errorf("event is %q, %v", text, err)
	}
	reader.Close()
	if err := unix.Rmdir(d.dir); err != nil {
		t.Error(err)
	}
}

// What a killed process leaves is removed by the next one; that of a running
// process is not touched.
func TestRootKilled(t *testing.T) {
	root := mount(t, 0)
	h := startHolder(t, root)
	open(t, Config{Root: root})
	if !exists(t, h.dir) {
		t.Fatalf("%s of a running process was removed", h.dir)
	}
	if err := h.command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = h.command.Wait() // "signal: killed" is no news
	if !exists(t, h.dir) {
		t.Log("another test has removed it already")
	}
	open(t, Config{Root: root})
	if exists(t, h.dir) {
		t.Errorf("%s is left", h.dir)
	}
}

// Even with a name that looks stale, an instance in use stays.
func TestRootInUse(t *testing.T) {
	root := mount(t, 0)
	d := open(t, Config{Root: root, filter: ours(etherType)})
	mine := d.dir
	stale := filepath.Join(root, "instances", name{pid: os.Getpid(), start: 1}.String())
	if err := os.Mkdir(stale, 0o700); err != nil {
		t.Fatal(err)
	}
	cpus, err := openCPUs(stale)
	if err != nil {
		t.Fatal(err)
	}
	removeStale(filepath.Join(root, "instances"))
	if !exists(t, stale) || !exists(t, mine) {
		t.Error("an instance in use was removed")
	}
	closeCPUs(cpus)
	removeStale(filepath.Join(root, "instances"))
	if exists(t, stale) || !exists(t, mine) {
		t.Error("the stale instance is left, or ours was removed")
	}
}

func TestRootRefusals(t *testing.T) {
	if _, err := Open(Config{Root: mount(t, unix.MS_RDONLY)}); err == nil || !strings.Contains(err.Error(), "read-only") {
		t.Errorf("read-only: got %v", err)
	}
	root := mount(t, 0)
	var err error
	onThread(t, func() error {
		const nobody = 65534
		if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, nobody, nobody, nobody); errno != 0 {
			return errno
		}
		_, err = Open(Config{Root: root})
		return nil
	})
	if !errors.Is(err, os.ErrPermission) || !strings.Contains(err.Error(), "cap_dac_override") {
		t.Errorf("unprivileged: got %v", err)
	}
}
