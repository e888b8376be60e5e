package scenario

import "fmt"

// A watch adds up what the observers of a host see.
type watch struct {
	host Host
	sums []*tally // by observer
	// least is what the first observer of a shared host had seen when the
	// others were asked.
	least []Observed
}

func newWatch(h Host) *watch {
	w := &watch{host: h}
	w.clear()
	return w
}

func (w *watch) clear() {
	w.sums = nil
	for range w.host.Observers {
		w.sums = append(w.sums, newTally())
	}
}

// forget reads what is there and belongs to nobody.
func (w *watch) forget() error {
	err := w.read()
	w.clear()
	return err
}

func (w *watch) read() error {
	for i := range w.host.Observers {
		if err := w.readOne(i); err != nil {
			return err
		}
		if i == 0 {
			w.least = w.sums[0].seen().Rows
		}
	}
	if w.host.Shared {
		return w.readOne(0)
	}
	return nil
}

func (w *watch) readOne(i int) error {
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
		seen.Abroad = Abroad{Least: abroad(trials, w.least), Most: abroad(trials, w.sums[0].seen().Rows)}
	}
	return seen
}
