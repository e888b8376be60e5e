package explain

import (
	"fmt"
	"slices"
	"strings"
)

// unknownDiscard is the code where nothing is known, not even the layer.
const unknownDiscard = "unknown"

// A Discard is sFlow's word for why a packet was discarded, which switches use
// too. The zero value is none at all.
type Discard struct {
	Code uint16 `json:"code"`
	Name string `json:"name"`
}

// String is name and code, as in "acl (258)".
func (d Discard) String() string {
	if d.Name == "" {
		return ""
	}
	return fmt.Sprintf("%s (%d)", d.Name, d.Code)
}

// setDiscards takes the codes that the rule itself gives.
func (b *Base) setDiscards(r *rule) error {
	d := r.data
	var err error
	if r.verdict.Discard, err = b.discard(d.SFlow); err != nil {
		return err
	}
	for name, code := range d.SFlowOf {
		if !slices.Contains(d.Reasons, name) && !slices.Contains(d.Functions, name) {
			return fmt.Errorf("sflow_of names %q, which is no reason or function of the rule", name)
		}
		if r.discards == nil {
			r.discards = make(map[string]Discard, len(d.SFlowOf))
		}
		if r.discards[canonical(d.Subsystem, name)], err = b.discard(code); err != nil {
			return err
		}
	}
	return nil
}

// discard finds a code by its name; none has no name.
func (b *Base) discard(name string) (Discard, error) {
	d, ok := b.discardNames[name]
	if name == "" {
		return Discard{}, nil
	}
	if !ok || d.Name != name {
		return Discard{}, fmt.Errorf("sFlow has no discard code %q", name)
	}
	return d, nil
}

// discardOf is the code of a drop that a rule judges: the rule's own, or else
// that of the reason's name.
func (b *Base) discardOf(r *rule, reason, function string) Discard {
	if d, ok := r.discards[function]; ok {
		return d
	}
	if d, ok := r.discards[reason]; ok {
		return d
	}
	if r.verdict.Discard.Name != "" {
		return r.verdict.Discard
	}
	return b.discardByName(r.data.Subsystem, reason, function)
}

// discardByName is for a drop without a rule that gives a code. Later codes of
// sFlow are named after the kernel's reasons.
func (b *Base) discardByName(subsystem, reason, function string) Discard {
	if subsystem != core {
		if r := b.subsystems[subsystem]; r != nil {
			return r.verdict.Discard
		}
	} else if d, ok := b.discardNames[reason]; ok {
		return d
	}
	for _, name := range [...]string{reason, function} {
		if layer := layerOf(name); layer != "" {
			return b.discardNames[layer]
		}
	}
	return b.discardNames[unknownDiscard]
}

// discardOfTrap is the code of a drop in a device. Most traps have the same name
// there; rule is that of the trap or of its group, nil if there is neither.
func (b *Base) discardOfTrap(r *rule, name string) Discard {
	if r != nil && len(r.data.Reasons) > 0 && r.verdict.Discard.Name != "" {
		return r.verdict.Discard
	}
	if d, ok := b.discardNames[name]; ok {
		return d
	}
	if r != nil {
		if group := b.trapGroups[r.data.group]; group != nil {
			return group.verdict.Discard
		}
	}
	return b.discardNames[unknownDiscard]
}

// layerOf is the code that says no more than the layer, which is told by how the
// name of a reason or function begins; empty when it is not.
func layerOf(name string) string {
	name = strings.TrimLeft(name, "_")
	for _, l := range [...]struct{ prefix, code string }{
		{"tcp_", "unknown_l4"}, {"udp_", "unknown_l4"}, {"udp4_", "unknown_l4"}, {"udp6_", "unknown_l4"}, {"udpv6_", "unknown_l4"},
		{"sctp_", "unknown_l4"}, {"mptcp_", "unknown_l4"}, {"psp_", "unknown_l4"},
		{"ip_tunnel_", "unknown_tunnel"}, {"vxlan_", "unknown_tunnel"}, {"tunnel_", "unknown_tunnel"}, {"gre_", "unknown_tunnel"},
		{"ipgre_", "unknown_tunnel"}, {"geneve_", "unknown_tunnel"},
		{"ip_", "unknown_l3"}, {"ip4_", "unknown_l3"}, {"ip6_", "unknown_l3"}, {"ipv4_", "unknown_l3"}, {"ipv6_", "unknown_l3"},
		{"icmp_", "unknown_l3"}, {"icmpv6_", "unknown_l3"}, {"ping_", "unknown_l3"}, {"ndisc_", "unknown_l3"}, {"frag_", "unknown_l3"},
		{"raw_", "unknown_l3"}, {"rawv6_", "unknown_l3"}, {"igmp_", "unknown_l3"},
		{"br_", "unknown_l2"}, {"bridge_", "unknown_l2"}, {"mac_", "unknown_l2"}, {"vlan_", "unknown_l2"}, {"arp_", "unknown_l2"},
		{"macvlan_", "unknown_l2"}, {"ipvlan_", "unknown_l2"}, {"can_", "unknown_l2"}, {"canfd_", "unknown_l2"}, {"canxl_", "unknown_l2"},
		{"netif_", "unknown_l2"}, {"dev_", "unknown_l2"}, {"eth_", "unknown_l2"},
		{"qdisc_", "unknown_buffer"}, {"fq_", "unknown_buffer"},
	} {
		if len(name) >= len(l.prefix) && strings.EqualFold(name[:len(l.prefix)], l.prefix) {
			return l.code
		}
	}
	return ""
}

// collectDiscards finds the codes that the drops of each rule can have, for
// readers. Drops without an event are never classified: they have the first.
func (b *Base) collectDiscards() {
	for _, r := range b.rules {
		for _, reason := range orNothing(r.data.Reasons) {
			for _, function := range orNothing(r.data.Functions) {
				d := b.discardOf(r, canonical(r.data.Subsystem, reason), function)
				if r.data.Subsystem == trapSubsystem {
					d = b.discardOfTrap(r, reason)
				}
				if !slices.Contains(r.possible, d) {
					r.possible = append(r.possible, d)
				}
			}
		}
		if !r.data.hasEvent() {
			r.verdict.Discard = r.possible[0]
		}
	}
}

// orNothing lets a loop run once where there is no name.
func orNothing(names []string) []string {
	if len(names) == 0 {
		return []string{""}
	}
	return names
}
