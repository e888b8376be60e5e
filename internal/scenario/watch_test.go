package scenario

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// told is an observer that tells numbers of drops, a number a time; after the
// last one nothing more.
func told(name string, sight Sight, numbers ...uint64) Observer {
	return Observer{Name: name, Sight: sight, Read: func() (Seen, error) {
		if len(numbers) == 0 {
			return Seen{}, nil
		}
		n := numbers[0]
		numbers = numbers[1:]
		if n == 0 {
			return Seen{}, nil
		}
		return Seen{Rows: []Observed{{Symbol: "f", NetNS: 7, Packets: n, Buffers: n}}}, nil
	}}
}

// playOf plays a scenario that wants ten drops in f.
func playOf(observers ...Observer) *Play {
	p := NewPlay(Host{Observers: observers, Knows: func(string) bool { return true }, Patience: 50 * time.Millisecond})
	p.Add(Scenario{
		Name: "ten",
		Send: func(*Lab) error { return nil },
		Want: []Want{{Symbols: []string{"f"}, Node: B, Packets: 10}},
	}, &Lab{inodes: map[Node]uint32{B: 7}})
	return p
}

func run(t *testing.T, p *Play) []Verdict {
	t.Helper()
	verdicts, err := p.Run()
	if err != nil {
		t.Fatal(err)
	}
	return verdicts
}

func TestPlayWaits(t *testing.T) {
	v := run(t, playOf(told("early", FullSight(), 99, 0, 0, 10), told("late", FullSight(), 99, 99, 0, 0, 4, 0, 6)))
	expect(t, v[0].Err(), "")
	expect(t, v[1].Err(), "")
}

// TestPlayExcess has one drop too many come after the first right answer.
func TestPlayExcess(t *testing.T) {
	v := run(t, playOf(told("excess", FullSight(), 0, 10, 1)))
	expect(t, v[0].Err(), "saw 11")
}

func TestPlayGivesUp(t *testing.T) {
	v := run(t, playOf(told("short", FullSight(), 0, 9), told("right", FullSight(), 0, 10)))
	expect(t, v[0].Err(), "saw 9")
	expect(t, v[1].Err(), "")
	if AnyMissed(v) {
		t.Error("nothing was missed")
	}
}

// TestPlayMissed does not wait for drops that will never be told.
func TestPlayMissed(t *testing.T) {
	o := Observer{Sight: FullSight(), Read: func() (Seen, error) { return Seen{Missed: 1}, nil }}
	p := playOf(o)
	p.host.Patience = time.Hour
	if v := run(t, p); !AnyMissed(v) {
		t.Errorf("verdict %v", v)
	}
}

func TestPlayErrors(t *testing.T) {
	broken := errors.New("broken")
	p := playOf(Observer{Name: "deaf", Read: func() (Seen, error) { return Seen{}, broken }})
	if _, err := p.Run(); !errors.Is(err, broken) || !strings.Contains(err.Error(), "deaf") {
		t.Errorf("error %v", err)
	}
	p = playOf(told("good", FullSight()))
	p.parts[0].scenario.Send = func(*Lab) error { return broken }
	if _, err := p.Run(); !errors.Is(err, broken) || !strings.Contains(err.Error(), "ten") {
		t.Errorf("error %v", err)
	}
	p = playOf(told("good", FullSight()))
	p.parts[0].scenario.Setup = func(*Lab) error { return broken }
	if _, err := p.Run(); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	if _, err := NewPlay(Host{}).Run(); err == nil {
		t.Error("a play without a scenario has no error")
	}
}

// TestWatchShared follows the four times at which the first observer is asked.
func TestWatchShared(t *testing.T) {
	foreign := func(name string, numbers ...uint64) Observer {
		o := told(name, FullSight(), numbers...)
		read := o.Read
		o.Read = func() (Seen, error) {
			seen, err := read()
			for i := range seen.Rows {
				seen.Rows[i].NetNS = 8
			}
			return seen, err
		}
		return o
	}
	// before anybody watches, to the inner beginning, to the inner end, to the
	// outer end
	w, err := newWatch(Host{Observers: []Observer{foreign("first", 1000, 1, 20, 300), told("other", Sight{}, 1000, 35)}, Shared: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.readTwice(); err != nil {
		t.Fatal(err)
	}
	seen := w.seen(1, []Trial{{Scenario{}, Scene{}}})
	least, most := seen.Abroad.Least, seen.Abroad.Most
	if len(least) != 1 || least[0].Buffers != 20 || len(most) != 1 || most[0].Buffers != 321 {
		t.Errorf("least %+v, most %+v", least, most)
	}
	if len(seen.Rows) != 1 || seen.Rows[0].Buffers != 35 {
		t.Errorf("rows %+v", seen.Rows)
	}
}
