package session

import (
	"testing"
	"time"

	"dropwatch/dropmon"
)

// A fake delivers what a test wants to have been dropped.
type fake struct {
	config  dropmon.Config
	pending []dropmon.Drop // for the next Receive
	final   []dropmon.Drop // that are there only after Stop
	stats   dropmon.Stats
	tells   dropmon.By // 0 means everything
	stopped int
	closed  int
	woken   int
}

func (f *fake) Name() string { return "fake" }

func (f *fake) Tells() dropmon.By {
	if f.tells != 0 {
		return f.tells
	}
	return dropmon.DefaultBy | dropmon.ByProcess | dropmon.ByFlow
}

func (f *fake) Notes() []string { return nil }

func (f *fake) Receive(_ time.Time, yield func(*dropmon.Drop)) error {
	for _, d := range f.pending {
		yield(&d)
	}
	f.pending = nil
	return nil
}

func (f *fake) Wake() { f.woken++ }

func (f *fake) Stop() error {
	f.stopped++
	f.pending = append(f.pending, f.final...)
	f.final = nil
	return nil
}

func (f *fake) Stats() (dropmon.Stats, error) { return f.stats, nil }

func (f *fake) Close() error {
	f.closed++
	return nil
}

// open opens a session on drops.
func open(t *testing.T, config Config, drops ...dropmon.Drop) (*Session, *fake) {
	t.Helper()
	f := &fake{pending: drops}
	config.open = func(c dropmon.Config) (dropmon.Source, error) {
		f.config = c
		return f, nil
	}
	s, err := Open(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, f
}

func compile(t *testing.T, expression string) *dropmon.Filter {
	t.Helper()
	filter, err := dropmon.CompileFilter(expression)
	if err != nil {
		t.Fatal(err)
	}
	return filter
}

// drop is one with all its names, so that nothing depends on the host.
func drop(reason string, packets uint64) dropmon.Drop {
	return dropmon.Drop{
		Packets: packets, Buffers: packets, Bytes: 10 * packets, First: time.Now(), Last: time.Now(),
		Reason:    dropmon.Reason{Code: 0x7fff0000, Subsystem: "core", Name: reason},
		NetNS:     dropmon.NetNS{Inode: 1, Name: "blue"},
		Interface: dropmon.Interface{Index: 2, Name: "eth0"},
		Protocol:  dropmon.EtherTypeIPv4, Transport: 17,
	}
}

func receive(t *testing.T, s *Session, yield func(*Entry)) {
	t.Helper()
	if err := s.Receive(time.Now(), yield); err != nil {
		t.Fatal(err)
	}
}
