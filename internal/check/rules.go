package check

import (
	"fmt"
	"slices"
	"strings"
)

// A Rule is when a metric is no longer fine.
type Rule struct {
	Metric            Metric
	Warning, Critical *Range // nil if there is none
}

// Rules are in the order of the user. There is one for each metric.
type Rules []Rule

// Parse reads thresholds.
func Parse(warning, critical []string) (Rules, error) {
	var rules Rules
	for _, text := range warning {
		if err := rules.add(text, "warning", func(r *Rule) **Range { return &r.Warning }); err != nil {
			return nil, err
		}
	}
	for _, text := range critical {
		if err := rules.add(text, "critical", func(r *Rule) **Range { return &r.Critical }); err != nil {
			return nil, err
		}
	}
	return rules, nil
}

func (rules *Rules) add(text, level string, side func(*Rule) **Range) error {
	left, right, ok := strings.Cut(text, "=")
	if !ok {
		return fmt.Errorf("--%s %q: want METRIC=NUMBER, such as lost=100", level, text)
	}
	metric, err := parseMetric(left)
	if err != nil {
		return fmt.Errorf("--%s %q: %w", level, text, err)
	}
	limit, err := ParseRange(right)
	if err != nil {
		return fmt.Errorf("--%s %q: %w", level, text, err)
	}
	at := slices.IndexFunc(*rules, func(r Rule) bool { return r.Metric == metric })
	if at < 0 {
		*rules = append(*rules, Rule{Metric: metric})
		at = len(*rules) - 1
	}
	place := side(&(*rules)[at])
	if *place != nil {
		return fmt.Errorf("--%s %q: %s has a %s threshold already", level, text, metric, level)
	}
	*place = &limit
	return nil
}

// OfCounters tells whether counters alone give all numbers. It is false when
// there is no rule: then the number of lost packets is asked for.
func (rules Rules) OfCounters() bool {
	return len(rules) > 0 && !slices.ContainsFunc(rules, func(r Rule) bool { return !r.Metric.OfCounters() })
}

// Explains tells whether a rule asks for what no drop explains.
func (rules Rules) Explains() bool {
	return slices.ContainsFunc(rules, func(r Rule) bool { return r.Metric.Kind == kindUnexplained })
}
