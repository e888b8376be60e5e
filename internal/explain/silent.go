package explain

import (
	"cmp"
	"slices"

	"dropwatch/counters"
	"dropwatch/counters/sockstat"
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
	r.blameSockets(drops)
	return drops
}

// blameSockets finds the sockets that counted drops of the whole namespace, and
// explains their counts by these.
func (r *reconciler) blameSockets(drops []SilentDrop) {
	for i := range drops {
		d := &drops[i]
		if d.Scope.Object != "" {
			if c := r.objectCulprit(d.Scope, d.Packets); c.Kind != "" {
				d.Culprits = append(d.Culprits, c)
			}
			continue
		}
		if d.Verdict.Culprit == CulpritListener {
			r.blameListeners(d)
		}
	}
}

func (r *reconciler) blameListeners(d *SilentDrop) {
	left := d.Packets
	for i := range r.accounts {
		a := &r.accounts[i]
		s := r.sockets[a.Scope]
		if s == nil || s.Protocol != sockstat.TCP || a.Scope.NetNS != d.Scope.NetNS || a.Name != "socket.drops" {
			continue
		}
		if n := min(left, a.left()); n > 0 {
			left -= n
			a.Silent += n
			d.Culprits = append(d.Culprits, r.objectCulprit(a.Scope, n))
		}
	}
	slices.SortStableFunc(d.Culprits, func(x, y Culprit) int { return cmp.Compare(y.Packets, x.Packets) })
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
