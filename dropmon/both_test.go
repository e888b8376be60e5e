package dropmon

import (
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A part is one of the two sources of a pair. It delivers its drops and waits.
type part struct {
	name   string
	drops  []Drop
	stats  Stats
	err    error         // of all methods
	after  time.Duration // until Receive fails with err
	wake   chan struct{}
	ended  []string // methods that end something, in order
	waited bool     // a Receive was ended by Wake
}

func newPart(name string) *part { return &part{name: name, wake: make(chan struct{}, 1)} }

func (p *part) Name() string    { return p.name }
func (p *part) Tells() By       { return DefaultBy }
func (p *part) Notes() []string { return []string{"note of " + p.name} }

func (p *part) Wake() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

func (p *part) Receive(deadline time.Time, yield func(*Drop)) error {
	for _, d := range p.drops {
		yield(&d)
	}
	p.drops = nil
	wait, failure := time.Until(deadline), error(nil)
	if p.err != nil {
		wait, failure = p.after, p.err
	}
	select {
	case <-p.wake:
		p.waited = true
		return nil
	case <-time.After(wait):
		return failure
	}
}

func (p *part) Stop() error {
	p.ended = append(p.ended, "stop")
	return p.err
}

func (p *part) Stats() (Stats, error) { return p.stats, p.err }

func (p *part) Close() error {
	p.ended = append(p.ended, "close")
	return p.err
}

func pair() (*both, *part, *part) {
	s, h := newPart("soft"), newPart("hard")
	return &both{software: s, hardware: h}, s, h
}

func TestBothDescribe(t *testing.T) {
	b, _, _ := pair()
	if b.Name() != "soft+hard" || b.Tells() != DefaultBy {
		t.Errorf("name %q, tells %v", b.Name(), b.Tells())
	}
	if diff := cmp.Diff([]string{"note of soft", "note of hard"}, b.Notes()); diff != "" {
		t.Error(diff)
	}
}

// Everything of both is delivered, one drop at a time.
func TestBothDeliver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, s, h := pair()
		for i := range 100 {
			s.drops = append(s.drops, Drop{Packets: 1, Location: uint64(i)})
			h.drops = append(h.drops, Drop{Packets: 1, Origin: Hardware, Location: uint64(i)})
		}
		var inside atomic.Int32
		got := map[Origin][]uint64{}
		begin := time.Now()
		err := b.Receive(begin.Add(time.Second), func(d *Drop) {
			if inside.Add(1) != 1 {
				t.Error("two drops at once")
			}
			got[d.Origin] = append(got[d.Origin], d.Location)
			inside.Add(-1)
		})
		if err != nil || time.Since(begin) != time.Second {
			t.Errorf("ended after %v: %v", time.Since(begin), err)
		}
		for _, origin := range []Origin{Software, Hardware} {
			if len(got[origin]) != 100 || !slices.IsSorted(got[origin]) {
				t.Errorf("%v drops %v", origin, got[origin])
			}
		}
	})
}

func TestBothWake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, s, h := pair()
		time.AfterFunc(time.Second, b.Wake)
		begin := time.Now()
		if err := b.Receive(begin.Add(time.Hour), func(*Drop) {}); err != nil {
			t.Error(err)
		}
		if time.Since(begin) != time.Second || !s.waited || !h.waited {
			t.Errorf("ended after %v", time.Since(begin))
		}
	})
}

// A source that fails ends the wait for the other.
func TestBothFail(t *testing.T) {
	for _, failing := range []string{"soft", "hard"} {
		t.Run(failing, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, s, h := pair()
				bad, good := s, h
				if failing == "hard" {
					bad, good = h, s
				}
				bad.err, bad.after = errors.New("broken"), time.Second
				good.drops = []Drop{{Packets: 1}}
				packets := uint64(0)
				begin := time.Now()
				err := b.Receive(begin.Add(time.Hour), func(d *Drop) { packets += d.Packets })
				if !errors.Is(err, bad.err) || time.Since(begin) != time.Second || !good.waited || packets != 1 {
					t.Errorf("%d packets, ended after %v: %v", packets, time.Since(begin), err)
				}
				if _, err := b.Stats(); !errors.Is(err, bad.err) {
					t.Errorf("statistics: %v", err)
				}
				// what fails for one is still done for the other
				if err := b.Stop(); !errors.Is(err, bad.err) {
					t.Errorf("stop: %v", err)
				}
				if err := b.Close(); !errors.Is(err, bad.err) {
					t.Errorf("close: %v", err)
				}
				for _, p := range []*part{s, h} {
					if diff := cmp.Diff([]string{"stop", "close"}, p.ended); diff != "" {
						t.Errorf("%s: %s", p.name, diff)
					}
				}
			})
		})
	}
}

func TestBothStats(t *testing.T) {
	b, s, h := pair()
	s.stats = Stats{Unseen: 1, PacketsLost: 2, PacketsLimited: 3, Unkeyed: 4}
	h.stats = Stats{Unseen: 10, PacketsLost: 20, PacketsLimited: 30, Unkeyed: 40, AtLeast: true}
	got, err := b.Stats()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Stats{Unseen: 11, PacketsLost: 22, PacketsLimited: 33, Unkeyed: 44, AtLeast: true}, got); diff != "" {
		t.Error(diff)
	}
	h.stats.AtLeast, s.stats.AtLeast = false, true
	if got, err := b.Stats(); err != nil || !got.AtLeast {
		t.Errorf("statistics %+v, %v", got, err)
	}
}

func TestBothOrigins(t *testing.T) {
	for _, origins := range []Origins{SoftwareDrops, HardwareDrops} {
		if s, err := Open(Config{Source: "ebpf+netdm", Origins: origins}); err == nil {
			t.Errorf("%v drops of %s", origins, s.Name())
			s.Close()
		}
	}
}
