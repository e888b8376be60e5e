package explain

import (
	"cmp"
	"net/netip"
	"slices"

	"dropwatch/counters"
	"dropwatch/counters/rtstat"
	"dropwatch/counters/sockstat"
)

// A CulpritKind is the kind of thing that drops packets.
type CulpritKind string

// Kinds of culprits.
const (
	CulpritSocket    CulpritKind = "socket"    // with a program that reads too slowly
	CulpritListener  CulpritKind = "listener"  // with a program that accepts too slowly
	CulpritRule      CulpritKind = "rule"      // of a firewall
	CulpritQdisc     CulpritKind = "qdisc"     // queueing discipline or class
	CulpritNeighbour CulpritKind = "neighbour" // that does not answer
	CulpritRoute     CulpritKind = "route"     // missing or refusing
	CulpritProgram   CulpritKind = "program"   // for XDP, on an interface
)

func validCulprit(k CulpritKind) bool {
	switch k {
	case "", CulpritSocket, CulpritListener, CulpritRule, CulpritQdisc, CulpritNeighbour, CulpritRoute, CulpritProgram:
		return true
	}
	return false
}

// A Culprit is what dropped packets, as far as the numbers prove it or there is
// only one that can have done it. What it points to belongs to the Evidence.
type Culprit struct {
	Kind    CulpritKind
	Packets uint64 // of the loss; 0 when it is known without a number

	Socket  *counters.Socket
	Rule    *counters.Rule
	Qdisc   *counters.Qdisc
	Link    *counters.Link
	Address netip.Addr // of the neighbour, or the destination without a route
}

// culprits names who is to blame for each loss, the one with most packets
// first.
func (r *reconciler) culprits() [][]Culprit {
	all := make([][]Culprit, len(r.Losses))
	for change, portions := range r.portions {
		scope := r.Changes[change].Scope
		for _, p := range portions {
			if c := r.objectCulprit(scope, p.n); p.sure && c.Kind != "" && c.Kind == r.verdicts[p.loss].Culprit {
				all[p.loss] = append(all[p.loss], c)
			}
		}
	}
	for i := range all {
		if more, ok := r.otherCulprit(i); ok && !slices.ContainsFunc(all[i], func(c Culprit) bool { return c.Kind == more.Kind && c.Kind != CulpritRule }) {
			all[i] = append(all[i], more)
		}
		slices.SortFunc(all[i], func(x, y Culprit) int {
			return cmp.Or(cmp.Compare(y.Packets, x.Packets), cmp.Compare(x.object(), y.object()))
		})
	}
	return all
}

// object names a culprit within its namespace, to have an order.
func (c *Culprit) object() string {
	switch {
	case c.Socket != nil:
		return c.Socket.Scope.Object
	case c.Rule != nil:
		return c.Rule.Scope.Object
	case c.Qdisc != nil:
		return c.Qdisc.Scope.Object
	}
	return ""
}

// objectCulprit is the thing that a counter is for.
func (o *objects) objectCulprit(scope counters.Scope, packets uint64) Culprit {
	c := Culprit{Packets: packets, Socket: o.sockets[scope], Rule: o.rules[scope], Qdisc: o.configured(o.qdiscs[scope])}
	switch {
	case c.Socket != nil && c.Socket.Protocol == sockstat.TCP:
		c.Kind = CulpritListener
	case c.Socket != nil:
		c.Kind = CulpritSocket
	case c.Rule != nil:
		c.Kind = CulpritRule
	case c.Qdisc != nil:
		c.Kind = CulpritQdisc
	}
	return c
}

// configured is the queueing discipline that somebody has set up: some kinds
// make one below themselves, without a handle, to hold their packets.
func (o *objects) configured(q *counters.Qdisc) *counters.Qdisc {
	if q == nil || q.Handle != 0 || q.Class || q.Parent == rtstat.Root || q.Parent>>16 == 0 {
		return q
	}
	above := q
	for _, p := range o.qdiscs {
		if p.Scope.NetNS != q.Scope.NetNS || p.Interface != q.Interface || p.Handle == 0 {
			continue
		}
		if p.Class && p.Handle == q.Parent {
			return p
		}
		if !p.Class && p.Handle>>16 == q.Parent>>16 && !isMultiqueue(p.Kind) {
			above = p
		}
	}
	return above
}

// isMultiqueue tells the kinds that only spread packets over real queues.
func isMultiqueue(kind string) bool {
	return kind == "mq" || kind == "mqprio" || kind == "taprio" || kind == "cake_mq"
}

// otherCulprit is one that no counter of its own gives away.
func (r *reconciler) otherCulprit(loss int) (Culprit, bool) {
	l := &r.Losses[loss]
	c := Culprit{Kind: r.verdicts[loss].Culprit}
	switch c.Kind {
	case CulpritRule:
		c.Rule, c.Packets = r.uncountedRule(loss)
		return c, c.Rule != nil && c.Packets > 0
	case CulpritProgram:
		c.Link = r.links[l.NetNS][l.Interface]
		return c, c.Link != nil && c.Link.XDP
	case CulpritNeighbour, CulpritRoute:
		c.Address = l.Flow.Destination.Addr()
		if c.Kind == CulpritNeighbour {
			c.Link = r.links[l.NetNS][l.Interface]
		}
		return c, c.Address.IsValid()
	}
	return c, false
}

// uncountedRule is the only rule or policy without a counter that can have
// dropped what no counter shows; nil if there are several.
func (r *reconciler) uncountedRule(loss int) (*counters.Rule, uint64) {
	l := &r.Losses[loss]
	left := l.Buffers
	for _, portions := range r.portions {
		for _, p := range portions {
			if p.loss == loss && r.rules[r.Changes[p.object].Scope] != nil {
				left -= p.n
			}
		}
	}
	var only *counters.Rule
	for i := range r.Rules {
		rule := &r.Rules[i]
		if rule.Counted || !rule.Loses() || l.NetNS != rule.Scope.NetNS || !r.ruleFits(&rule.Rule, l) {
			continue
		}
		if only != nil {
			return nil, 0
		}
		only = rule
	}
	return only, left
}

// comesIn tells whether all that is known to have dropped a loss are rules for
// packets that this host did not send.
func comesIn(culprits []Culprit) bool {
	inward := []string{"ingress", "prerouting", "input", "forward"}
	return len(culprits) > 0 && !slices.ContainsFunc(culprits, func(c Culprit) bool {
		return c.Rule == nil || !slices.Contains(inward, c.Rule.Hook)
	})
}
