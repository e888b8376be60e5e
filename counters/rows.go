package counters

import (
	"dropwatch/counters/firewall"
	"dropwatch/counters/rtstat"
	"dropwatch/counters/sockstat"
)

// A Link describes an interface. Its counters ("link.", "ethtool.") are in the
// sample under its scope, so Stats is nil.
type Link struct {
	Scope Scope
	rtstat.Link
}

// A Qdisc describes a queueing discipline, or a class of one. Its counters
// ("tc.") are in the sample under its scope, so Stats and XStats are nil.
type Qdisc struct {
	Scope Scope
	Class bool
	rtstat.Qdisc
}

// Above tells whether what another queueing discipline or class drops is counted
// by this one too, because that one hangs directly below it. What the kernel
// sets up by itself has no handle, and then only the root has children.
func (q *Qdisc) Above(below *Qdisc) bool {
	if q.Scope == below.Scope || q.Scope.NetNS != below.Scope.NetNS || q.Interface != below.Interface || below.Parent == rtstat.Root {
		return false
	}
	if q.Class {
		return q.Handle == below.Parent
	}
	return q.Handle>>16 == below.Parent>>16 && (q.Handle != 0 || q.Parent == rtstat.Root)
}

// A Socket describes a socket. If it has a counter of drops, that is in the
// sample under its scope.
type Socket struct {
	Scope Scope
	sockstat.Socket
}

// A Rule describes a firewall rule, or the policy of a chain. If it counts, its
// counters are in the sample under its scope; whether that means loss is told by
// Loses and Exact.
type Rule struct {
	Scope Scope
	firewall.Rule
}
