package alert

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"dropwatch/internal/values"
)

// HostValues is what one host told last.
type HostValues struct {
	ID   string // stays the same when the host is renamed; not empty
	Name string
	// Values should have values.Up; a host without counts as up.
	Values []values.Value
}

// Bounds of an engine.
const (
	// MaxAlerts is how many alerts are followed at most, whether they have
	// begun or are about to.
	MaxAlerts = 10000
	// MaxRules is how many rules there are at most.
	MaxRules = 1000
)

// How long something must be missing before an alert ends for it.
const (
	missingFor = time.Minute
	// returnFor is how long hosts may take to be heard after a restart.
	returnFor = 10 * time.Minute
)

// An Engine follows rules over time. It is for one goroutine at a time.
type Engine struct {
	rules  []compiled
	byName map[string][]int // rules by the name of their value
	wanted []int            // rules of a listed value in brackets that 0 fulfils
	limit  int

	entries   map[place]*entry
	tick      uint64
	last      time.Time
	began     time.Time // the first Evaluate
	untracked int       // by the last Evaluate
	overflow  *Alert    // begun
}

// A place is where a rule can ring. The host is empty for the cluster.
type place struct {
	rule     int
	host, of string
}

// New compiles rules, whose names must differ.
func New(rules []Rule) (*Engine, error) {
	if len(rules) > MaxRules {
		return nil, fmt.Errorf("alerts: %d rules; there can be %d", len(rules), MaxRules)
	}
	e := &Engine{byName: make(map[string][]int), entries: make(map[place]*entry), limit: MaxAlerts}
	names := make(map[string]bool)
	for i, r := range rules {
		c, err := compile(r)
		if err != nil {
			return nil, err
		}
		if names[r.Name] {
			return nil, fmt.Errorf("alert %q: name: there are two of that name", r.Name)
		}
		names[r.Name] = true
		e.rules = append(e.rules, c)
		e.byName[c.when.Name] = append(e.byName[c.when.Name], i)
		if c.listed && c.when.Of != "" && c.when.Holds(0) {
			e.wanted = append(e.wanted, i)
		}
	}
	return e, nil
}

// Evaluate takes what all hosts tell at a time and returns what began and ended,
// in the order of rules, hosts and values. Times should not go back; if they do,
// what was about to begin or end waits anew.
//
// An alert of a host that is not among hosts ends. A number that is infinite, or
// none, counts as not told.
func (e *Engine) Evaluate(now time.Time, hosts []HostValues) []Event {
	e.tick++
	e.last = now.UTC()
	if e.began.IsZero() {
		e.began = e.last
	}
	r := &round{Engine: e, now: e.last, hosts: make(map[string]hostState, len(hosts)), reach: make([]reach, len(e.rules)), here: make([]bool, len(e.rules))}
	e.untracked = 0
	for i := range hosts {
		r.host(&hosts[i])
	}
	r.cluster()
	for p, entry := range e.entries {
		if entry.seen != e.tick {
			r.vanished(p, entry)
		}
	}
	slices.SortFunc(r.events, func(a, b placed) int { return a.place.compare(&b.place, a.Host, b.Host) })
	events := make([]Event, 0, len(r.events)+1)
	for i := range r.events {
		events = append(events, r.events[i].Event)
	}
	return append(events, e.tellOverflow()...)
}

func (p *place) compare(q *place, nameP, nameQ string) int {
	return cmp.Or(cmp.Compare(p.rule, q.rule), strings.Compare(nameP, nameQ), strings.Compare(p.host, q.host), strings.Compare(p.of, q.of))
}

// A round is one Evaluate.
type round struct {
	*Engine
	now    time.Time
	hosts  map[string]hostState
	reach  []reach // by rule
	here   []bool  // by rule, whether it is for the host at hand
	folds  map[place]*fold
	events []placed
}

type placed struct {
	place
	Event
}

// hostState is what matters of a host beside the numbers of a rule.
type hostState struct {
	name      string
	up, drops bool // drops: it tells of drops
}

// believed tells whether a value of the host is of now.
func (h *hostState) believed(name string) bool {
	return h.up || name == values.Up || name == values.Silent
}

// host takes what a host tells.
func (r *round) host(h *HostValues) {
	if _, double := r.hosts[h.ID]; double || h.ID == "" {
		return
	}
	state := hostState{name: h.Name, up: true}
	for i := range h.Values {
		switch h.Values[i].Name {
		case values.Up:
			state.up = h.Values[i].Number != 0
		case dropsTold:
			state.drops = true
		}
	}
	r.hosts[h.ID] = state
	for i := range r.rules {
		if r.here[i] = r.rules[i].concerns(h.Name); r.here[i] {
			r.reach[i].add(&state)
		}
	}
	for i := range h.Values {
		v := &h.Values[i]
		for _, rule := range r.byName[v.Name] {
			of := r.rules[rule].when.Of
			if r.here[rule] && (of == "" || of == v.Of) && known(v.Number) && state.believed(v.Name) {
				r.told(rule, h, v.Of, v.Number)
			}
		}
	}
	for _, rule := range r.wanted {
		c := &r.rules[rule]
		if state.up && state.drops && c.Cluster == "" && r.here[rule] && !tells(h, &c.when) {
			r.told(rule, h, c.when.Of, 0)
		}
	}
}

// dropsTold is a value of every host that tells of drops.
const dropsTold = "drops.lost"

// listed tells whether hosts tell a value only while it is not 0.
func listed(k values.Kind) bool {
	drops := strings.HasPrefix(k.Name, "drops.") || k.Name == "counter" || strings.HasPrefix(k.Name, "counter.")
	return drops && k.Of != ""
}

func known(n float64) bool { return !math.IsNaN(n) && !math.IsInf(n, 0) }

func tells(h *HostValues, c *Condition) bool {
	return slices.ContainsFunc(h.Values, func(v values.Value) bool { return v.Name == c.Name && v.Of == c.Of && known(v.Number) })
}

// told has a number of a host.
func (r *round) told(rule int, h *HostValues, of string, n float64) {
	if r.rules[rule].Cluster != "" {
		r.fold(place{rule, "", of}, h.Name, n)
		return
	}
	r.observe(place{rule, h.ID, of}, h.Name, "", n)
}
