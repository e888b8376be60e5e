package check

import (
	"fmt"
	"strings"

	"dropwatch/internal/report"
)

// maxRows is how many rows the verdict lists of a kind.
const maxRows = 5

// Judge sets the rules against what was seen. A rule whose number is not known
// makes the verdict UNKNOWN, unless another one is critical.
func (rules Rules) Judge(e Evidence) *report.Check {
	v := verdict{evidence: e, check: &report.Check{}}
	v.usual()
	var crossed []Rule
	for _, rule := range rules {
		if v.apply(rule) {
			crossed = append(crossed, rule)
		}
	}
	v.check.Text = strings.Join(append(v.said, v.summary()), "; ")
	v.rows(crossed)
	return v.check
}

// A verdict that is being made.
type verdict struct {
	evidence Evidence
	check    *report.Check
	said     []string
}

// apply judges one rule and tells whether it was crossed.
func (v *verdict) apply(rule Rule) bool {
	value, err := v.evidence.value(rule.Metric)
	if err != nil {
		v.say(report.StatusUnknown, fmt.Sprintf("%s is not known: %v", rule.Metric, err))
		return false
	}
	v.perf(rule, decimal(value))
	switch {
	case rule.Critical != nil && rule.Critical.Crossed(value):
		v.say(report.StatusCritical, fmt.Sprintf("%s is %s, critical is %s", rule.Metric, decimal(value), rule.Critical.limit()))
	case rule.Warning != nil && rule.Warning.Crossed(value):
		v.say(report.StatusWarning, fmt.Sprintf("%s is %s, warning is %s", rule.Metric, decimal(value), rule.Warning.limit()))
	default:
		return false
	}
	return true
}

func (v *verdict) say(status report.Status, text string) {
	v.said = append(v.said, text)
	if severity(status) > severity(v.check.Status) {
		v.check.Status = status
	}
}

// severity puts what is not known between a warning and what is critical.
func severity(s report.Status) int {
	switch s {
	case report.StatusWarning:
		return 1
	case report.StatusUnknown:
		return 2
	case report.StatusCritical:
		return 3
	}
	return 0
}

// usual adds the numbers that are drawn whatever the rules are, so that the
// picture stays when they change.
func (v *verdict) usual() {
	if v.evidence.Drops == nil {
		return
	}
	metrics := []Metric{{Kind: kindLost}}
	for _, class := range classes() {
		metrics = append(metrics, Metric{Kind: kindClass, Name: class})
	}
	metrics = append(metrics, Metric{Kind: kindMissed})
	for _, m := range metrics {
		// these are always known where drops are watched
		value, _ := v.evidence.value(m)
		v.check.Perf = append(v.check.Perf, report.Perf{Label: m.String(), Value: decimal(value)})
	}
}

// perf adds the number of a rule, or its limits to a number that is there.
func (v *verdict) perf(rule Rule, value string) {
	p := report.Perf{Label: rule.Metric.String(), Value: value}
	if rule.Warning != nil {
		p.Warning = rule.Warning.String()
	}
	if rule.Critical != nil {
		p.Critical = rule.Critical.String()
	}
	for i := range v.check.Perf {
		if v.check.Perf[i].Label == p.Label {
			v.check.Perf[i] = p
			return
		}
	}
	v.check.Perf = append(v.check.Perf, p)
}

// summary ends the first line.
func (v *verdict) summary() string {
	r := v.evidence.Drops
	switch {
	case r == nil && v.evidence.Counters == nil:
		return "nothing was watched"
	case r == nil:
		return fmt.Sprintf("counters only in %.1f s, drops were not watched", v.evidence.Counters.Seconds)
	}
	least := ""
	if r.Missed.AtLeast || r.Missed.Events > 0 {
		least = "at least "
	}
	noun := "packets"
	if r.Total.Lost == 1 {
		noun = "packet"
	}
	return fmt.Sprintf("%s%d %s lost in %.1f s", least, r.Total.Lost, noun, r.Seconds)
}

// rows lists what was dropped most, the counters that crossed a limit, and what
// was not seen.
func (v *verdict) rows(crossed []Rule) {
	add := func(text string) { v.check.Long = append(v.check.Long, text) }
	if v.evidence.Blind != "" {
		add("not seen: drops: " + v.evidence.Blind)
	}
	if r := v.evidence.Drops; r != nil {
		for i := range r.Drops[:min(len(r.Drops), maxRows)] {
			add(r.Drops[i].Brief())
		}
	}
	if v.evidence.Counters == nil {
		return
	}
	for _, rule := range crossed {
		if rule.Metric.OfCounters() {
			v.counterRows(rule.Metric.Name)
		}
	}
	for _, note := range v.evidence.Counters.Notes() {
		add(note)
	}
}

func (v *verdict) counterRows(name string) {
	listed := 0
	for i := range v.evidence.Counters.Counters {
		row := &v.evidence.Counters.Counters[i]
		if row.Delta > 0 && listed < maxRows && sameCounter(row.Name, name) {
			v.check.Long = append(v.check.Long, row.Brief())
			listed++
		}
	}
}
