package check

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"dropwatch/counters"
	"dropwatch/dropmon"
	"dropwatch/internal/report"
)

// Evidence is what the rules are set against.
type Evidence struct {
	// Drops are nil if they were not watched, and Blind says why.
	Drops *report.Summary
	Blind string
	// Counters has all counters, those that did not rise too; nil if none were
	// read.
	Counters *report.Counters
}

// value is the number of a metric. An error means that it is not known, which
// is not the same as zero.
func (e *Evidence) value(m Metric) (float64, error) {
	if m.OfCounters() {
		if e.Counters == nil {
			return 0, errors.New("no counters were read")
		}
		n, err := e.counter(m.Name)
		return perSecond(n, m.Rate, e.Counters.Seconds), err
	}
	if e.Drops == nil {
		return 0, errors.New("drops were not watched")
	}
	return perSecond(e.drops(m), m.Rate, e.Drops.Seconds), nil
}

func perSecond(n uint64, rate bool, seconds float64) float64 {
	if rate && seconds > 0 {
		return float64(n) / seconds
	}
	return float64(n)
}

func (e *Evidence) drops(m Metric) (n uint64) {
	r := e.Drops
	switch m.Kind {
	case kindLost:
		return r.Total.Lost
	case kindMissed:
		if n = r.Missed.Events + r.Missed.Packets; r.Missed.AtLeast {
			n = max(n, 1)
		}
		return n
	case kindUnexplained:
		for i := range r.Counters {
			if c := &r.Counters[i]; c.Loss && !c.Parent {
				n += c.Unexplained
			}
		}
		return n
	}
	if m.Kind == kindClass && m.Name == string(dropmon.Benign) {
		return r.Total.Benign // without rows
	}
	for i := range r.Drops {
		if d := &r.Drops[i]; m.Kind == kindClass && d.Class == m.Name || m.Kind == kindReason && hasReason(d, m.Name) {
			n += d.Packets
		}
	}
	return n
}

// hasReason takes a bare name for that of any subsystem.
func hasReason(d *report.Drop, name string) bool {
	if d.Trap != nil {
		return strings.EqualFold(d.Trap.Name, name)
	}
	subsystem, bare, qualified := strings.Cut(name, "/")
	if !qualified {
		subsystem, bare = d.Subsystem, name
	}
	return strings.EqualFold(d.Reason, bareReason(bare)) && strings.EqualFold(d.Subsystem, subsystem)
}

// counter adds a counter up over namespaces, interfaces and the like. A parent
// counts what its children count.
func (e *Evidence) counter(name string) (n uint64, err error) {
	found := false
	for i := range e.Counters.Counters {
		row := &e.Counters.Counters[i]
		if !sameCounter(row.Name, name) {
			continue
		}
		found = true
		if !row.Parent && (row.Loss || !perRule(row.Name)) {
			n += row.Delta
		}
	}
	if found {
		return n, nil
	}
	return 0, e.missing(name)
}

// missing is nil for counters of things that need not be there: without a
// queue, none overflows.
func (e *Evidence) missing(name string) error {
	for _, source := range sourcesOf(name) {
		if why := e.Counters.Unread[source]; why != "" {
			return fmt.Errorf("it cannot be read: %s", why)
		}
	}
	meta, ok := counters.Lookup(name)
	if ok && slices.Contains([]string{"interface", "qdisc", "socket", "rule", "queue"}, meta.Per) {
		return nil
	}
	if ok {
		return errors.New("nothing counts it here")
	}
	return errors.New("there is no such counter; `dropwatch counters --all` lists them")
}

func perRule(name string) bool {
	meta, _ := counters.Lookup(name)
	return meta.Per == "rule"
}

// sourcesOf are the sources that may show a counter.
func sourcesOf(name string) []string {
	group, _, _ := strings.Cut(name, ".")
	switch group {
	case "tc":
		return []string{"qdisc"}
	case "socket":
		return []string{"udp", "udplite", "raw", "tcp_listen"}
	}
	return []string{group}
}

// sameCounter takes the spelling of other tools, without the dot, too.
func sameCounter(a, b string) bool {
	return a == b || strings.ReplaceAll(a, ".", "") == strings.ReplaceAll(b, ".", "")
}
