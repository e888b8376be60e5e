package scenario

import (
	"net/netip"

	"golang.org/x/sys/unix"
)

func iptablesScenarios(f family) []Scenario {
	need := pick(f, IPTables, IP6Tables)
	table := pick(f, "iptables", "ip6tables")
	rule := func(n Node, chain string) func(*Lab) error {
		return func(l *Lab) error { return l.run(n, string(need)+" -w -A "+chain+" -p udp -j DROP") }
	}
	send := func(to netip.Addr, want error) func(*Lab) error {
		return func(l *Lab) error {
			return l.sendUDP(A, netip.AddrPortFrom(to, closedPort), count, 20, want)
		}
	}
	want := f.atB("NETFILTER_DROP", unix.IPPROTO_UDP, "nf_hook_slow").older(unspecified)
	hits := func(n Node, chain string) Counter {
		return Counter{Node: n, Name: table + "/" + chain, Delta: count}
	}
	return []Scenario{
		{
			Name:     table + "_input",
			Needs:    f.needs(need),
			Setup:    rule(B, "INPUT"),
			Send:     send(addressB(f), nil),
			Want:     []Want{want},
			Counters: []Counter{hits(B, "INPUT")},
		},
		{
			Name:     table + "_forward",
			Needs:    f.needs(need),
			Forward:  true,
			Setup:    rule(B, "FORWARD"),
			Send:     send(addressC(f), nil),
			Want:     []Want{want},
			Counters: []Counter{hits(B, "FORWARD")},
		},
		{
			Name:     table + "_output",
			Needs:    f.needs(need),
			Setup:    rule(A, "OUTPUT"),
			Send:     send(addressB(f), unix.EPERM),
			Want:     []Want{want.at(A, "ab").headless()},
			Counters: []Counter{hits(A, "OUTPUT"), {Node: A, Name: f.counter("Ip", "OutDiscards"), Delta: count}},
		},
	}
}
