package explain

import (
	"slices"
	"strings"

	"dropwatch/counters"
	"dropwatch/counters/firewall"
	"dropwatch/counters/sockstat"
)

// objects finds what a counter below an interface or a namespace counts for.
type objects struct {
	sockets map[counters.Scope]*counters.Socket
	rules   map[counters.Scope]*counters.Rule
	qdiscs  map[counters.Scope]*counters.Qdisc
	links   map[uint32]map[uint32]*counters.Link // by namespace and index
}

func newObjects(e *Evidence) objects {
	o := objects{
		sockets: make(map[counters.Scope]*counters.Socket, len(e.Sockets)),
		rules:   make(map[counters.Scope]*counters.Rule, len(e.Rules)),
		qdiscs:  make(map[counters.Scope]*counters.Qdisc, len(e.Qdiscs)),
		links:   make(map[uint32]map[uint32]*counters.Link),
	}
	for i := range e.Sockets {
		o.sockets[e.Sockets[i].Scope] = &e.Sockets[i]
	}
	for i := range e.Rules {
		o.rules[e.Rules[i].Scope] = &e.Rules[i]
	}
	for i := range e.Qdiscs {
		o.qdiscs[e.Qdiscs[i].Scope] = &e.Qdiscs[i]
	}
	for i := range e.Links {
		l := &e.Links[i]
		if o.links[l.Scope.NetNS] == nil {
			o.links[l.Scope.NetNS] = make(map[uint32]*counters.Link)
		}
		o.links[l.Scope.NetNS][l.Index] = l
	}
	return o
}

// Rules of all firewalls share their losses: a packet is dropped once.
const rulePool = "rules"

// pool names the counters among which a loss is divided: it raises one of them
// for each packet. It is empty for those that all rise together.
func (r *reconciler) pool(change *counters.Change) string {
	switch {
	case change.Delta == 0 || change.Scope.Object == "":
		return ""
	case strings.HasPrefix(change.Name, "tc."):
		if r.isParent(*change) {
			return ""
		}
	case isOfRules(change.Name):
		if rule := r.rules[change.Scope]; rule != nil && rule.Loses() {
			return rulePool
		}
		return ""
	}
	return change.Name
}

// share divides the losses among the objects of each pool.
func (r *reconciler) share() {
	pools := make(map[string][]int)
	for i := range r.Changes {
		if name := r.pool(&r.Changes[i]); name != "" {
			pools[name] = append(pools[name], i)
		}
	}
	r.portions = make(map[int][]portion)
	for _, changes := range pools {
		r.sharePool(changes)
	}
}

func (r *reconciler) sharePool(changes []int) {
	var losses []int
	for l := range r.Losses {
		if slices.ContainsFunc(changes, func(i int) bool { return r.counts(&r.Changes[i], l) }) {
			losses = append(losses, l)
		}
	}
	amounts, rises := make([]uint64, len(losses)), make([]uint64, len(changes))
	for i, l := range losses {
		amounts[i] = r.Losses[l].Buffers
	}
	for i, c := range changes {
		rises[i] = r.Changes[c].Delta
	}
	fits := func(l, o int) bool { return r.counts(&r.Changes[changes[o]], losses[l]) }
	for _, c := range changes {
		r.portions[c] = nil // known to be shared, though nothing may fit
	}
	for _, p := range divide(amounts, rises, fits) {
		p.loss, p.object = losses[p.loss], changes[p.object]
		r.portions[p.object] = append(r.portions[p.object], p)
	}
}

// counts tells whether a counter of an object can have counted a loss.
func (r *reconciler) counts(change *counters.Change, loss int) bool {
	l := &r.Losses[loss]
	name := canonicalCounter(change.Name)
	if !slices.Contains(r.verdicts[loss].Counters, name) || !within(*l, change.Scope) || !l.fits(name, change.Scope) {
		return false
	}
	if rule := r.rules[change.Scope]; rule != nil {
		return r.ruleFits(&rule.Rule, l)
	}
	if socket := r.sockets[change.Scope]; socket != nil {
		return socketFits(&socket.Socket, l)
	}
	return true
}

// socketFits tells whether a socket can have lost packets like these.
func socketFits(s *sockstat.Socket, l *Loss) bool {
	if l.Socket != 0 && s.Inode != 0 {
		return uint64(s.Inode) == l.Socket
	}
	proto := protoBit(l.Protocol)
	if proto&protoIP == 0 {
		return s.Protocol&(sockstat.Packet|sockstat.Netlink) != 0
	}
	switch transBit(proto, l.Transport) {
	case transUDP:
		return s.Protocol&(sockstat.UDP|sockstat.Raw|sockstat.Packet) != 0
	case transTCP:
		return s.Protocol&(sockstat.TCP|sockstat.Raw|sockstat.Packet) != 0
	}
	return s.Protocol&(sockstat.Raw|sockstat.Packet) != 0
}

// ruleFits tells whether a rule can have dropped packets like these.
func (r *reconciler) ruleFits(rule *firewall.Rule, l *Loss) bool {
	function := trimSuffix(l.Function)
	switch function {
	case "nft_do_chain":
		if rule.System != firewall.NFTables {
			return false
		}
	case "ipt_do_table", "ip6t_do_table":
		if rule.System == firewall.NFTables {
			return false
		}
	}
	if link := r.links[l.NetNS][l.Interface]; len(rule.Devices) > 0 && link != nil && !slices.Contains(rule.Devices, link.Name) {
		return false
	}
	proto := protoBit(l.Protocol)
	switch {
	case proto == protoNone:
		return true
	case rule.System == firewall.IPTables, rule.Family == "ip":
		return proto == protoIPv4
	case rule.System == firewall.IP6Tables, rule.Family == "ip6":
		return proto == protoIPv6
	case rule.Family == "inet":
		return proto&protoIP != 0
	case rule.Family == "arp":
		return proto == protoARP
	}
	return true
}

// isParent tells whether children of a queueing discipline or of a class
// counted the same packets.
func (r *reconciler) isParent(change counters.Change) bool {
	own := r.qdiscs[change.Scope]
	if own == nil || !strings.HasPrefix(change.Name, "tc.") {
		return false
	}
	return slices.ContainsFunc(r.Changes, func(c counters.Change) bool {
		if c.Name != change.Name || c.Delta == 0 || c.Scope == change.Scope {
			return false
		}
		q := r.qdiscs[c.Scope]
		return q != nil && own.Above(q)
	})
}
