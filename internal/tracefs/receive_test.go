package tracefs

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A fakeBuffer stands for the kernel's buffer of a CPU: a pipe of pages.
type fakeBuffer struct {
	t      *testing.T
	d      *Drops
	into   int
	format format
}

func newFakeBuffer(t *testing.T) *fakeBuffer {
	t.Helper()
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_NONBLOCK|unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, event), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, event, "enable"), []byte("1"), 0o600); err != nil {
		t.Fatal(err)
	}
	layout := layoutOf(t)
	b := &fakeBuffer{t: t, into: fds[1], format: formatOf(t, "6.18"), d: &Drops{
		dir: dir, format: formatOf(t, "6.18"), layout: layout, page: make([]byte, layout.size()), most: 4,
		cpus: []cpu{{number: 5, pages: fds[0], stats: -1}}, pause: shortPause, woken: make(chan struct{}, 1),
	}}
	t.Cleanup(func() {
		unix.Close(fds[0])
		unix.Close(fds[1])
	})
	return b
}

// write adds a page of drops at these places.
func (b *fakeBuffer) write(locations ...uint64) {
	b.t.Helper()
	var data []byte
	for _, l := range locations {
		record := recordOf(&b.format, Event{Location: l})
		data = append(data, words(head(uint32(len(record)/4), 1))...)
		data = append(data, record...)
	}
	b.writePage(pageOf(&b.d.layout, uint64(now().mono), 0, data))
}

func (b *fakeBuffer) writePage(page []byte) {
	b.t.Helper()
	if _, err := unix.Write(b.into, page); err != nil {
		b.t.Fatal(err)
	}
}

func (b *fakeBuffer) receive(deadline time.Time) (locations []uint64) {
	b.t.Helper()
	err := b.d.Receive(deadline, func(e *Event) {
		if e.CPU != 5 || time.Since(e.Time).Abs() > time.Minute {
			b.t.Errorf("event %+v", e)
		}
		locations = append(locations, e.Location)
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return locations
}

// What is there is delivered even if the deadline is over.
func TestReceiveAtOnce(t *testing.T) {
	b := newFakeBuffer(t)
	b.write(1, 2)
	b.write(3)
	if got := b.receive(time.Now()); len(got) != 3 || got[0] != 1 || got[2] != 3 {
		t.Errorf("got %v", got)
	}
	if got := b.receive(time.Now()); len(got) != 0 {
		t.Errorf("got %v twice", got)
	}
}

// A flood does not keep Receive beyond what the buffer holds.
func TestReceiveIsBounded(t *testing.T) {
	b := newFakeBuffer(t)
	for range 2 * b.d.most {
		b.write(1)
	}
	if got := b.receive(time.Now()); len(got) != b.d.most {
		t.Errorf("got %d, want %d", len(got), b.d.most)
	}
}

// What comes before the deadline is delivered, also in the last pause.
func TestReceiveUntilDeadline(t *testing.T) {
	b := newFakeBuffer(t)
	begin := time.Now()
	first := true
	var got []uint64
	b.write(1)
	err := b.d.Receive(begin.Add(3*shortPause), func(e *Event) {
		got = append(got, e.Location)
		if first {
			first = false
			b.write(2)
		}
	})
	if err != nil || len(got) != 2 {
		t.Errorf("got %v, %v", got, err)
	}
	if passed := time.Since(begin); passed < 3*shortPause {
		t.Errorf("returned after %v", passed)
	}
}

func TestWake(t *testing.T) {
	b := newFakeBuffer(t)
	// before it waits
	b.d.Wake()
	b.d.Wake()
	b.receive(time.Time{})
	// while it waits: the first drop tells that it does
	b.write(1)
	err := b.d.Receive(time.Time{}, func(*Event) { go b.d.Wake() })
	if err != nil {
		t.Fatal(err)
	}
	// the wakes are used up
	begin := time.Now()
	b.receive(begin.Add(2 * shortPause))
	if passed := time.Since(begin); passed < 2*shortPause {
		t.Errorf("returned after %v", passed)
	}
}

func TestStopThenReceive(t *testing.T) {
	b := newFakeBuffer(t)
	b.write(1)
	for range 2 {
		if err := b.d.Stop(); err != nil {
			t.Fatal(err)
		}
	}
	if got := b.receive(time.Time{}); len(got) != 1 { // does not wait
		t.Errorf("got %v", got)
	}
	if text, err := os.ReadFile(filepath.Join(b.d.dir, event, "enable")); err != nil || string(text)[:1] != "0" {
		t.Errorf("event is %q, %v", text, err)
	}
}

func TestReceiveErrors(t *testing.T) {
	b := newFakeBuffer(t)
	b.writePage(make([]byte, 3))
	if err := b.d.Receive(time.Now(), func(*Event) {}); err == nil {
		t.Error("a page of 3 bytes is no error")
	}
	b.d.closed = true
	if err := b.d.Receive(time.Now(), func(*Event) {}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("got %v", err)
	}
}
