package check

import (
	"fmt"
	"slices"
	"strings"

	"dropwatch/dropmon"
)

// A Metric is a number that a report has.
type Metric struct {
	// Kind is "lost", "class", "reason", "counter", "unexplained" or "missed".
	Kind string
	Name string // of the class, reason or counter
	Rate bool   // per second
}

// kinds that need a name are written "kind.name".
const (
	kindLost        = "lost"
	kindMissed      = "missed"
	kindUnexplained = "unexplained"
	kindClass       = "class"
	kindReason      = "reason"
	kindCounter     = "counter"
)

const known = "lost, missed, unexplained, class.NAME, reason.NAME or counter.NAME, each also with /s"

func classes() []string {
	return []string{string(dropmon.Loss), string(dropmon.Policy), string(dropmon.Peer), string(dropmon.Proto), string(dropmon.Benign)}
}

func parseMetric(text string) (Metric, error) {
	var m Metric
	text, m.Rate = strings.CutSuffix(text, "/s")
	var named bool
	m.Kind, m.Name, named = strings.Cut(text, ".")
	switch m.Kind {
	case kindLost, kindMissed, kindUnexplained:
		if !named {
			return m, nil
		}
	case kindReason, kindCounter:
		if m.Name != "" {
			return m, checkName(m.Name)
		}
	case kindClass:
		if slices.Contains(classes(), m.Name) {
			return m, nil
		}
		return m, fmt.Errorf("unknown class %q: use one of %q", m.Name, classes())
	}
	return m, fmt.Errorf("unknown metric %q: use %s", text, known)
}

// checkName keeps out what would break the line that a monitoring system
// reads.
func checkName(name string) error {
	if len(name) > 100 || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("'|=;", r) }) {
		return fmt.Errorf("%q is no name of a reason or counter", name)
	}
	return nil
}

// String is how the metric is written in a threshold.
func (m Metric) String() string {
	text := m.Kind
	if m.Name != "" {
		text += "." + m.Name
	}
	if m.Rate {
		text += "/s"
	}
	return text
}

// OfCounters tells whether counters alone give the number.
func (m Metric) OfCounters() bool { return m.Kind == kindCounter }
