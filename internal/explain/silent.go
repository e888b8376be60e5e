package explain

import (
	"slices"

	"dropwatch/counters"
)

// silence finds the drops that the kernel reports by counters only. Counters
// that count the same packets make one drop.
func (r *reconciler) silence() []SilentDrop {
	var drops []SilentDrop
	for _, rule := range r.base.rules {
		if rule.data.hasEvent() {
			continue
		}
		for _, scope := range r.scopes(rule.data.Counters) {
			if d, ok := r.silent(rule, scope); ok {
				drops = append(drops, d)
			}
		}
	}
	return drops
}

// scopes are where counters of these names have a rest.
func (r *reconciler) scopes(names []string) []counters.Scope {
	var scopes []counters.Scope
	for i := range r.accounts {
		a := &r.accounts[i]
		if slices.Contains(names, canonicalCounter(a.Name)) && a.Loss && a.left() > 0 && !slices.Contains(scopes, a.Scope) {
			scopes = append(scopes, a.Scope)
		}
	}
	return scopes
}

func (r *reconciler) silent(rule *rule, scope counters.Scope) (SilentDrop, bool) {
	d := SilentDrop{Scope: scope, Verdict: rule.verdict}
	for i := range r.accounts {
		a := &r.accounts[i]
		if a.Scope != scope || !a.Loss || !slices.Contains(rule.data.Counters, canonicalCounter(a.Name)) {
			continue
		}
		left := a.left()
		if left > d.Packets {
			d.Packets, d.Counter = left, a.Name
		}
		a.Silent += left
		if left > 0 {
			a.Cause = rule.verdict.Cause
		}
	}
	return d, d.Packets > 0
}
