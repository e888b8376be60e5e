package explain

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"dropwatch/dropmon"
)

// Lengths of texts in bytes, so that a report stays a page.
const (
	maxCause  = 200
	maxAdvice = 240
)

func validClass(c dropmon.Class) bool {
	switch c {
	case dropmon.Loss, dropmon.Policy, dropmon.Peer, dropmon.Proto, dropmon.Benign:
		return true
	}
	return false
}

// checkRule refuses a rule that says too little, too much or nonsense.
func checkRule(d *ruleData) error {
	switch {
	case !d.hasEvent():
		if len(d.Reasons)+len(d.Functions)+len(d.Protocols)+len(d.Transports)+len(d.Flags) > 0 || d.AnyReason || d.TreatAs != "" {
			return errors.New("rule can never match: without an event it may name counters only")
		}
		if len(d.Counters) == 0 {
			return errors.New("a rule without an event needs counters")
		}
	case d.AnyReason:
		if len(d.Reasons) > 0 || len(d.Functions) == 0 || len(d.Protocols)+len(d.Transports)+len(d.Flags) > 0 {
			return errors.New("any_reason needs functions and nothing else to match")
		}
	case len(d.Reasons) == 0:
		return errors.New("rule can never match: it names no reason")
	}
	if d.TreatAs != "" && !slices.Equal(d.Reasons, []string{notSpecified}) {
		return errors.New("treat_as is for reason " + notSpecified + " only")
	}
	if d.ByCounter && len(d.Counters) == 0 {
		return errors.New("by_counter needs counters")
	}
	if slices.Contains(d.Flags, "unreasoned") && !slices.Contains(d.Reasons, notSpecified) {
		return errors.New("rule can never match: flag unreasoned needs reason " + notSpecified)
	}
	for _, list := range [][]string{d.Reasons, d.Functions, d.SeenIn, d.Protocols, d.Transports, d.Counters} {
		if err := checkNames(list); err != nil {
			return err
		}
	}
	if !validCulprit(d.Culprit) {
		return fmt.Errorf("unknown culprit %q", d.Culprit)
	}
	for _, text := range d.Live {
		if err := checkLive(text); err != nil {
			return err
		}
	}
	return checkTexts(d)
}

func checkNames(list []string) error {
	seen := make(map[string]bool, len(list))
	for _, name := range list {
		if name == "" || strings.ContainsAny(name, " \t\n") {
			return fmt.Errorf("bad name %q", name)
		}
		if seen[name] {
			return fmt.Errorf("%s is named twice", name)
		}
		seen[name] = true
	}
	return nil
}

func checkTexts(d *ruleData) error {
	hint := d.TreatAs != ""
	if !validClass(d.Class) && !(hint && d.Class == "") {
		return fmt.Errorf("unknown class %q (have loss, policy, peer, proto, benign)", d.Class)
	}
	if d.Also != "" && (!validClass(d.Also) || d.Also == d.Class) {
		return fmt.Errorf("unknown second class %q", d.Also)
	}
	if err := checkText("cause", d.Cause, maxCause, hint); err != nil {
		return err
	}
	return checkText("advice", d.Advice, maxAdvice, hint)
}

func checkText(what, text string, limit int, optional bool) error {
	switch {
	case text == "" && optional:
		return nil
	case text == "":
		return fmt.Errorf("%s is missing", what)
	case len(text) > limit:
		return fmt.Errorf("%s has %d bytes, limit %d", what, len(text), limit)
	case !strings.HasSuffix(text, "."):
		return fmt.Errorf("%s does not end with a period", what)
	}
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return fmt.Errorf("%s has a byte that is not printable ASCII at %d", what, i)
		}
	}
	return nil
}

// checkCounters checks the way back, from a counter to reasons.
func (b *Base) checkCounters() error {
	seen := make(map[string]bool)
	for _, c := range b.counters {
		if len(c.Names) == 0 {
			return errors.New("check counters: an entry has no name")
		}
		for _, name := range c.Names {
			if seen[name] {
				return fmt.Errorf("check counter %s: it has two entries", name)
			}
			seen[name] = true
		}
		if err := b.checkCounter(c); err != nil {
			return fmt.Errorf("check counter %s: %w", c.Names[0], err)
		}
	}
	for _, p := range b.pitfalls {
		if err := checkText("pitfall", p.Text, maxAdvice, false); err != nil {
			return fmt.Errorf("check pitfall %q: %w", p.Topic, err)
		}
	}
	return nil
}

func (b *Base) checkCounter(c counterData) error {
	if err := checkNames(slices.Concat(c.Names, c.Reasons)); err != nil {
		return err
	}
	for _, reason := range c.Reasons {
		if b.byReason[reasonKey{core, reason}] == nil {
			return fmt.Errorf("no rule has reason %s", reason)
		}
	}
	if c.NoEvent == (len(c.Reasons) > 0) {
		return errors.New("needs either reasons or no_event")
	}
	if err := checkText("meaning", c.Meaning, maxCause, false); err != nil {
		return err
	}
	for _, text := range c.Pitfalls {
		if err := checkText("pitfall", text, maxAdvice, false); err != nil {
			return err
		}
	}
	return checkText("unmatched", c.Unmatched, maxCause, true)
}
