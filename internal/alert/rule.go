package alert

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"time"

	"dropwatch/internal/peer/record"
	"dropwatch/internal/values"
)

// A Rule says when to ring, and whom. The yaml keys are those of the
// configuration.
type Rule struct {
	// Name tells rules apart; it stays the same over restarts.
	Name string `yaml:"name"`
	// When is the condition, as ParseCondition reads it. Of a value that a
	// host has several of, each is an alert of its own unless one is named in
	// brackets.
	When string `yaml:"when"`
	// For is how long the condition must hold before the alert begins.
	For time.Duration `yaml:"for"`
	// Until is the condition that ends the alert: "< 80%", or with the value
	// before it. Empty means when When no longer holds.
	Until string `yaml:"until"`
	// EndAfter is how long Until must hold before the alert ends.
	EndAfter time.Duration `yaml:"end_after"`
	// Hosts are patterns of names (path.Match); none means all.
	Hosts []string `yaml:"hosts"`
	// Cluster makes one alert of all these hosts.
	Cluster Fold `yaml:"cluster"`
	// Severity is Warning if it is empty.
	Severity Severity `yaml:"severity"`
	// Actions are names of actions; nil means log, and an empty list that the
	// alert is only shown.
	Actions []string `yaml:"actions"`
}

// A Severity is how bad an alert is.
type Severity string

// Severities.
const (
	Warning  Severity = "warning"
	Critical Severity = "critical"
)

// A Fold makes one number of those of many hosts. How many hosts are up is the
// sum of up, and their share the mean.
type Fold string

// Folds.
const (
	Sum  Fold = "sum"
	Max  Fold = "max"
	Min  Fold = "min"
	Mean Fold = "mean"
)

// DefaultAction is the name of the action that is always there.
const DefaultAction = "log"

// Bounds of a rule.
const (
	maxName     = 128 // bytes
	maxHold     = 30 * 24 * time.Hour
	maxPatterns = 1024
	maxActions  = 64
)

// Check refuses what cannot work. The error is one line that names the rule and
// the key at fault.
func (r *Rule) Check() error {
	_, err := compile(*r)
	return err
}

// ActionNames are those that the rule rings.
func (r *Rule) ActionNames() []string {
	if r.Actions == nil {
		return []string{DefaultAction}
	}
	return r.Actions
}

// A compiled rule has what its texts mean.
type compiled struct {
	Rule
	when, until Condition
	// listed values are told only while they are not 0.
	listed bool
}

func compile(r Rule) (c compiled, err error) {
	bad := func(key string, err error) (compiled, error) {
		return compiled{}, fmt.Errorf("alert %q: %s: %w", r.Name, key, err)
	}
	c.Rule = r
	if r.Name == "" || len(r.Name) > maxName || record.CleanText(r.Name, maxName) != r.Name {
		return compiled{}, fmt.Errorf("alert %.40q: name: want 1 to %d bytes of printable text", r.Name, maxName)
	}
	if r.Name == Overflow {
		return bad("name", errors.New("is that of an alert that is always there: choose another"))
	}
	if c.when, err = ParseCondition(r.When); err != nil {
		return bad("when", err)
	}
	if err := checkRatio(c.when, r.Cluster); err != nil {
		return bad("when", err)
	}
	if c.until, err = parseUntil(r.Until, c.when); err != nil {
		return bad("until", err)
	}
	if key, err := r.checkRest(); err != nil {
		return bad(key, err)
	}
	if c.Severity == "" {
		c.Severity = Warning
	}
	c.listed = listed(kindOf(c.when.Name))
	return c, nil
}

// checkRest finds what is wrong with all that is no condition.
func (r *Rule) checkRest() (key string, err error) {
	const outside = "%v: must be from 0s to 720h"
	if r.For < 0 || r.For > maxHold {
		return "for", fmt.Errorf(outside, r.For)
	}
	if r.EndAfter < 0 || r.EndAfter > maxHold {
		return "end_after", fmt.Errorf(outside, r.EndAfter)
	}
	if !slices.Contains([]Fold{"", Sum, Max, Min, Mean}, r.Cluster) {
		return "cluster", fmt.Errorf("%q: use sum, max, min or mean", r.Cluster)
	}
	if !slices.Contains([]Severity{"", Warning, Critical}, r.Severity) {
		return "severity", fmt.Errorf("%q: use warning or critical", r.Severity)
	}
	if len(r.Hosts) > maxPatterns {
		return "hosts", fmt.Errorf("more than %d patterns", maxPatterns)
	}
	for _, pattern := range r.Hosts {
		if _, err := path.Match(pattern, ""); err != nil || pattern == "" {
			return "hosts", fmt.Errorf("%q is no pattern such as db*", pattern)
		}
	}
	if len(r.Actions) > maxActions || slices.Contains(r.Actions, "") {
		return "actions", fmt.Errorf("want at most %d names", maxActions)
	}
	return "", nil
}

// parseUntil reads the end of a condition, which must not overlap with it.
func parseUntil(text string, when Condition) (Condition, error) {
	until := when
	until.Op = when.Op.opposite()
	if text == "" {
		return until, nil
	}
	if len(text) > maxText {
		return until, fmt.Errorf("has more than %d bytes", maxText)
	}
	key, op, rest, err := cutCondition(text)
	if err != nil {
		return until, err
	}
	if key != "" && key != when.Key() {
		return until, fmt.Errorf("value %q: must be %s as in when, or left out", key, when.Key())
	}
	until.Op = op
	if until.Number, err = parseNumber(rest, when.Unit); err != nil {
		return until, err
	}
	if op.up() == when.Op.up() {
		return until, fmt.Errorf("%s points the same way as when: use %s", op, when.Op.opposite())
	}
	if !when.apart(until) {
		return until, errors.New("some numbers begin the alert and end it too: leave a gap between it and when, or none")
	}
	return until, nil
}

// checkRatio finds a share that no host can have.
func checkRatio(c Condition, fold Fold) error {
	if c.Unit == values.Ratio && fold != Sum && (c.Number < 0 || c.Number > 1) {
		return fmt.Errorf("%s is a share from 0 to 1: write 90%% or 0.9", c.Name)
	}
	return nil
}

// concerns tells whether the rule is for a host of that name.
func (c *compiled) concerns(name string) bool {
	return len(c.Hosts) == 0 || slices.ContainsFunc(c.Hosts, func(pattern string) bool {
		ok, _ := path.Match(pattern, name) // checked before
		return ok
	})
}
