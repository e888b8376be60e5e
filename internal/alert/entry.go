package alert

import "time"

// An entry is an alert that has begun, or whose condition holds and has not held
// long enough.
type entry struct {
	firing bool
	host   string // its name
	on     string
	number float64
	worst  float64
	since  time.Time // the condition holds
	begun  time.Time
	good   time.Time // until holds; zero if it does not
	absent time.Time // the value is missing; zero if it is not
	seen   uint64    // the last tick in which there was a number
	// loaded entries are not confirmed since the restart.
	loaded bool
}

// observe goes on with an alert by a number.
func (r *round) observe(p place, host, on string, n float64) {
	c := &r.rules[p.rule]
	entry := r.entries[p]
	if entry == nil {
		if entry = r.enter(p, n); entry == nil {
			return
		}
	}
	entry.seen, entry.host, entry.on, entry.number = r.tick, host, on, n
	entry.absent, entry.loaded = time.Time{}, false
	if c.when.Op.up() {
		entry.worst = max(entry.worst, n)
	} else {
		entry.worst = min(entry.worst, n)
	}
	switch {
	case entry.firing && !c.until.Holds(n):
		entry.good = time.Time{}
	case entry.firing && held(r.now, &entry.good, c.EndAfter):
		r.end(p, entry, "")
	case !entry.firing && !c.when.Holds(n):
		delete(r.entries, p)
	case !entry.firing && held(r.now, &entry.since, c.For):
		entry.firing, entry.begun = true, r.now
		r.emit(p, entry, true, "")
	}
}

// enter makes an entry if the condition holds and there is room.
func (r *round) enter(p place, n float64) *entry {
	if !r.rules[p.rule].when.Holds(n) {
		return nil
	}
	if len(r.entries) >= r.limit {
		r.untracked++
		return nil
	}
	e := &entry{worst: n}
	r.entries[p] = e
	return e
}

// held tells whether something that is so now has been so for long enough. It
// notes since when.
func held(now time.Time, since *time.Time, long time.Duration) bool {
	if since.IsZero() || now.Before(*since) { // the clock was set back
		*since = now
	}
	return now.Sub(*since) >= long
}

// end takes an entry out, and tells of it if it had begun.
func (r *round) end(p place, e *entry, reason string) {
	delete(r.entries, p)
	if e.firing {
		r.emit(p, e, false, reason)
	}
}

func (r *round) emit(p place, e *entry, firing bool, reason string) {
	r.events = append(r.events, placed{p, Event{Alert: r.alert(p, e), Firing: firing, Time: r.now, Reason: reason}})
}

// alert is an entry as others see it.
func (e *Engine) alert(p place, entry *entry) Alert {
	c := &e.rules[p.rule]
	at := c.when
	at.Of = p.of
	return Alert{
		Rule: c.Name, Severity: c.Severity, Host: entry.host, HostID: p.host, Cluster: c.Cluster, On: entry.on,
		Value: at.Key(), Number: entry.number, Unit: at.Unit, Worst: entry.worst,
		Condition: at.String(), Op: at.Op, Threshold: at.Number,
		Since: entry.since, Begun: entry.begun,
	}
}

// vanished goes on with an alert without a number.
func (r *round) vanished(p place, e *entry) {
	c := &r.rules[p.rule]
	s := r.sight(p, e)
	switch {
	case s == believed && c.listed:
		r.observe(p, e.host, e.on, 0)
		return
	case !e.firing:
		delete(r.entries, p) // what is not known does not go on
		return
	}
	e.good = time.Time{}
	long := missingFor
	if e.loaded {
		long = returnFor
	}
	switch s {
	case gone:
		if !e.loaded || r.now.Sub(r.began) >= returnFor {
			r.end(p, e, HostForgotten)
		}
	case foreign:
		r.end(p, e, NotConcerned)
	case down:
		e.absent = time.Time{}
	default:
		if held(r.now, &e.absent, long) {
			r.end(p, e, NoLongerTold)
		}
	}
}

// A sight is what is to be expected of the host of an alert.
type sight int

const (
	gone     sight = iota // nobody knows it
	foreign               // the rule is not for it any more
	down                  // it cannot tell
	silent                // it is up, and does not tell of such things
	believed              // it is up, and tells of drops; others would be told
)

func (r *round) sight(p place, e *entry) sight {
	if p.host == "" {
		return r.reach[p.rule].sight()
	}
	h, known := r.hosts[p.host]
	switch {
	case !known:
		return gone
	case !r.rules[p.rule].concerns(h.name):
		return foreign
	case !h.up:
		return down
	case h.drops:
		return believed
	}
	return silent
}
