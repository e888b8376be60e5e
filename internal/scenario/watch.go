package scenario

import (
	"fmt"
	"slices"
	"time"
)

// A source that is told by the kernel tells a little late.
const (
	forgetTries = 20
	forgetPause = 10 * time.Millisecond
)

// A watch adds up what the observers of a host see.
//
// On a shared host the first observer is asked before and after the others, at
// the beginning and each time. What it saw between the inner ones of these four
// times the others have seen too, and they have seen no more than what it saw
// between the outer ones.
type watch struct {
	host  Host
	sums  []*tally   // by observer
	lead  *tally     // what the first one saw between the outer and inner beginning
	inner []Observed // what it had seen when the others were asked
}

// newWatch begins to watch. What there was before is nobody's.
func newWatch(h Host) (*watch, error) {
	w := &watch{host: h}
	if err := w.forget(); err != nil || !h.Shared {
		return w, err
	}
	err := w.read(0)
	w.lead, w.sums[0] = w.sums[0], newTally()
	return w, err
}

// forget reads what is there, until nobody has anything new: one may tell late
// what another told at once.
func (w *watch) forget() error {
	time.Sleep(w.host.Delay) // the labs before were closed a moment ago
	for range forgetTries {
		w.clear()
		if err := w.readAll(); err != nil {
			return err
		}
		if w.host.Shared || !slices.ContainsFunc(w.sums, func(t *tally) bool { return len(t.sums) > 0 }) {
			break
		}
		time.Sleep(forgetPause)
	}
	w.clear()
	return nil
}

func (w *watch) clear() {
	w.sums = nil
	for range w.host.Observers {
		w.sums = append(w.sums, newTally())
	}
}

// readAll asks every observer for what is new.
func (w *watch) readAll() error {
	for i := range w.host.Observers {
		if err := w.read(i); err != nil {
			return err
		}
		if i == 0 && w.host.Shared {
			w.inner = w.sums[0].seen().Rows
		}
	}
	return nil
}

// readTwice is readAll, and asks the first one again on a shared host.
func (w *watch) readTwice() error {
	if err := w.readAll(); err != nil || !w.host.Shared {
		return err
	}
	return w.read(0)
}

func (w *watch) read(i int) error {
	o := w.host.Observers[i]
	seen, err := o.Read()
	if err != nil {
		return fmt.Errorf("read drops of %s: %w", o.Name, err)
	}
	w.sums[i].add(seen)
	return nil
}

// seen is what an observer saw, with what others dropped.
func (w *watch) seen(i int, trials []Trial) Seen {
	seen := w.sums[i].seen()
	if w.host.Shared {
		outer := newTally()
		outer.add(w.lead.seen())
		outer.add(w.sums[0].seen())
		seen.Abroad = Abroad{Least: abroad(trials, w.inner), Most: abroad(trials, outer.seen().Rows)}
	}
	return seen
}
