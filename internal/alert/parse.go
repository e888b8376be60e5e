package alert

import (
	"fmt"
	"strings"
	"time"

	"dropwatch/internal/peer/record"
)

// ParseRule reads a rule in one line:
//
//	drops.lost_rate > 100
//	drops.lost_rate > 100 for 10s until < 50
//	filesystem.used[/var] >= 95% for 5m until < 90% for 1m
//
// The second "for" is EndAfter. The name of the rule is its condition; it has no
// hosts and the default action. It reads at most 1024 bytes.
func ParseRule(text string) (Rule, error) {
	if len(text) > 2*maxText {
		return Rule{}, fmt.Errorf("rule: has more than %d bytes", 2*maxText)
	}
	key, op, rest, err := cutCondition(text)
	if err != nil {
		return Rule{}, err
	}
	rest, until, ends := strings.Cut(rest, " until ")
	when, hold, err := cutHold(key, op, rest)
	if err != nil {
		return Rule{}, err
	}
	c, err := ParseCondition(when)
	if err != nil {
		return Rule{}, err
	}
	r := Rule{When: c.String(), For: hold}
	r.Name = record.CleanText(r.When, maxName)
	if ends {
		if r.Until, r.EndAfter, err = parseEnd(until, c); err != nil {
			return Rule{}, fmt.Errorf("until: %w", err)
		}
	}
	return r, r.Check()
}

// parseEnd reads what follows the word until.
func parseEnd(text string, when Condition) (until string, hold time.Duration, err error) {
	key, op, rest, err := cutCondition(text)
	if err != nil {
		return "", 0, err
	}
	if text, hold, err = cutHold(key, op, rest); err != nil {
		return "", 0, err
	}
	c, err := parseUntil(text, when)
	return c.String(), hold, err
}

// cutHold takes the duration off what follows a comparison, and returns the
// condition without it.
func cutHold(key string, op Op, rest string) (condition string, hold time.Duration, err error) {
	number, after, found := strings.Cut(rest, " for ")
	if found {
		after = strings.TrimSpace(after)
		if hold, err = time.ParseDuration(after); err != nil {
			return "", 0, fmt.Errorf("for: %q is no duration such as 10s", after)
		}
	}
	return key + " " + string(op) + " " + number, hold, nil
}
