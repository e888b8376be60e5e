package explain

import (
	"slices"
	"strings"

	"dropwatch/counters"
)

// within tells whether a loss happened where a counter counts. What either of
// them does not tell is no difference.
func within(l Loss, s counters.Scope) bool {
	if l.NetNS != 0 && s.NetNS != 0 && l.NetNS != s.NetNS {
		return false
	}
	return l.Interface == 0 || s.Interface.Index == 0 || l.Interface == s.Interface.Index
}

// fits tells what the name of a counter alone does not: which transport it is
// for, and that filters and queues of one interface count apart.
func (l Loss) fits(name string, s counters.Scope) bool {
	if !l.sameFamily(name) {
		return false
	}
	if strings.HasPrefix(name, "tc.") {
		filter := strings.HasPrefix(l.Reason, "TC_")
		return filter == strings.Contains(s.Object, "clsact") || filter && strings.Contains(s.Object, "ingress")
	}
	return true
}

// sameFamily tells whether a packet like this can raise a counter of that name.
func (l Loss) sameFamily(name string) bool {
	proto := protoBit(l.Protocol)
	if family := counterFamily(name); family != 0 && family != proto && proto != protoNone {
		return false
	}
	trans := transBit(proto, l.Transport)
	switch group, _, _ := strings.Cut(strings.TrimSuffix(name, "6"), "."); {
	case proto&protoIP == 0:
		return true
	case strings.HasPrefix(group, "UdpLite"):
		return false
	case strings.HasPrefix(group, "Udp"):
		return trans == transUDP
	case group == "Tcp" || group == "TcpExt" && l.isOfTransport(name):
		return trans == transTCP
	}
	return true
}

// isOfTransport tells the counters of TcpExt that are TCP's own from those of
// IP that the kernel keeps there.
func (l Loss) isOfTransport(name string) bool {
	return name != "TcpExt.IPReversePathFilter" && name != "TcpExt.PFMemallocDrop"
}

// canonicalCounter is the name under which the knowledge base has a counter:
// drivers spell theirs as they like.
func canonicalCounter(name string) string {
	if strings.HasPrefix(name, "tc.") {
		return canonicalQdisc(name)
	}
	driver, ok := strings.CutPrefix(name, "ethtool.")
	if !ok {
		return name
	}
	driver = strings.ToLower(driver)
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(driver, w) })
	}
	switch {
	case has("xdp") && has("drop"):
		return "ethtool.xdp_drop"
	case has("no_buf", "out_of_buffer", "no_desc", "missed", "rx_fifo"):
		return "ethtool.rx_no_buffer"
	}
	return name
}

// canonicalQdisc takes what only some kinds of queueing disciplines count for
// tc.dropped, of which it is a part.
func canonicalQdisc(name string) string {
	switch name {
	case "tc.band_drops_0", "tc.band_drops_1", "tc.band_drops_2", "tc.flows_plimit", "tc.horizon_drops":
		return name // with reasons of their own
	}
	if meta, ok := counters.Lookup(name); ok && meta.Loss {
		return "tc.dropped"
	}
	return name
}

// isOfSenders tells the counters of packets that this host could not send.
func isOfSenders(name string) bool {
	return strings.HasSuffix(name, "OutDiscards") || strings.HasSuffix(name, "SndbufErrors")
}

// isOfRules tells the counters of firewall rules.
func isOfRules(name string) bool {
	return name == "nft.packets" || name == "iptables.packets" || name == "ip6tables.packets"
}

// perEntry tells counters that rise once for an entry of a table, whatever
// number of packets waited for it.
func perEntry(name string) bool {
	_, last, _ := strings.Cut(name, ".")
	return last == "res_failed"
}

// countsLosses tells whether a rise of a counter means lost packets.
func (b *Base) countsLosses(name string) bool {
	return name != "Tcp.OutRsts" && name != "softnet.time_squeeze"
}

// reasonsOf are the reasons that raise a counter, as its entry says.
func (b *Base) reasonsOf(name string) []string {
	for _, i := range b.lookup.counters[foldCounter(name)] {
		return b.counters[i].Reasons
	}
	return nil
}

// unmatched is the likely cause of a rise that no drop explains.
func (b *Base) unmatched(name string) string {
	for _, i := range b.lookup.counters[foldCounter(name)] {
		return b.counters[i].Unmatched
	}
	return ""
}
