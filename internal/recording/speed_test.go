package recording

import (
	"io"
	"testing"
	"time"

	"dropwatch/dropmon"
	"dropwatch/internal/export/rotate"
	"dropwatch/internal/session"
	"dropwatch/symbols"
)

// A flood delivers the same few kinds of packets over and over.
type flood struct {
	fake
	packets int
}

func (f *flood) Receive(_ time.Time, yield func(*dropmon.Drop)) error {
	kinds := [...]dropmon.Drop{packet(0), packet(1), packet(2), packet(5)}
	for i := range f.packets {
		d := kinds[i&3]
		yield(&d)
	}
	f.packets = 0
	return nil
}

func openFlood(t testing.TB, f *flood) *session.Session {
	t.Helper()
	s, err := session.OpenOn(f, symbols.NewResolver(symbols.Config{Kernel: kernel}), session.Config{Packets: true, All: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func beginNowhere(t testing.TB, s *session.Session) *Recorder {
	t.Helper()
	r, err := Begin(s, Config{Files: rotate.Config{Path: "-", Stdout: io.Discard}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTakeAllocatesNothing(t *testing.T) {
	s := openFake(t, &fake{drops: dropped(20)})
	r := beginNowhere(t, s)
	var entries []session.Entry
	if err := s.Receive(time.Now(), func(e *session.Entry) { entries = append(entries, *e) }); err != nil {
		t.Fatal(err)
	}
	n := testing.AllocsPerRun(1000, func() {
		for i := range entries {
			r.Take(&entries[i])
		}
	})
	if n != 0 || r.err != nil {
		t.Errorf("%v allocations for %d packets, %v", n, len(entries), r.err)
	}
}

// BenchmarkTake is what the recorder adds to a packet that the session has
// named.
func BenchmarkTake(b *testing.B) {
	s := openFake(b, &fake{drops: dropped(20)})
	r := beginNowhere(b, s)
	var entries []session.Entry
	if err := s.Receive(time.Now(), func(e *session.Entry) { entries = append(entries, *e) }); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r.Take(&entries[i%len(entries)])
	}
}

// BenchmarkRecord is all that is done with a packet after the source.
func BenchmarkRecord(b *testing.B) {
	f := &flood{packets: b.N}
	s := openFlood(b, f)
	r := beginNowhere(b, s)
	b.ReportAllocs()
	b.ResetTimer()
	if err := s.Receive(time.Now(), r.Take); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkSession is the same without a recorder.
func BenchmarkSession(b *testing.B) {
	f := &flood{packets: b.N}
	s := openFlood(b, f)
	b.ReportAllocs()
	b.ResetTimer()
	if err := s.Receive(time.Now(), func(*session.Entry) {}); err != nil {
		b.Fatal(err)
	}
}
