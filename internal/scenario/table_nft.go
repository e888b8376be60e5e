package scenario

import (
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

func firewall() []string { return []string{"nft_do_chain", "nf_hook_slow"} }

// nftDrop makes a chain on a hook that drops UDP and counts it.
func (l *Lab) nftDrop(n Node, table, hook, rule string) error {
	return l.nft(n,
		"add table "+table+" t",
		"add counter "+table+" t hits",
		fmt.Sprintf("add chain %s t c { type filter hook %s ; }", table, hook),
		fmt.Sprintf("add rule %s t c %s", table, rule))
}

func nftScenarios(f family) []Scenario {
	const drop = "meta l4proto udp counter name hits drop"
	netfilter := func(n Node, dev string) Want {
		return f.atB("NETFILTER_DROP", unix.IPPROTO_UDP, firewall()...).older(unspecified).at(n, dev)
	}
	toB := func(l *Lab) error {
		return l.sendUDP(A, netip.AddrPortFrom(addressB(f), closedPort), count, 20, nil)
	}
	atB := func(name, hook, rule string) Scenario {
		return Scenario{
			Name:     f.prefix + "nft_" + name,
			Needs:    f.needs(NFT),
			Setup:    func(l *Lab) error { return l.nftDrop(B, f.table, hook, rule) },
			Send:     toB,
			Want:     []Want{netfilter(B, "ba")},
			Counters: []Counter{{Node: B, Name: "nft/hits", Delta: count}},
		}
	}
	ingress := atB("ingress", "", "")
	ingress.Setup = func(l *Lab) error {
		return l.nftDrop(B, "netdev", "ingress device ba priority 0", drop)
	}
	policy := atB("policy", "input priority 0 ; policy drop", "counter name hits")
	invalid := nftInvalid(f)
	return append([]Scenario{
		atB("input", "input priority 0", drop),
		atB("prerouting", "prerouting priority 0", drop),
		atB("reject", "input priority 0", "meta l4proto udp counter name hits reject"),
		policy, ingress, invalid,
	}, nftOutScenarios(f, drop, netfilter, toB)...)
}

// nftOutScenarios drop on the way out or through.
func nftOutScenarios(f family, drop string, netfilter func(Node, string) Want, toB func(*Lab) error) []Scenario {
	refused := func(l *Lab) error {
		return l.sendUDP(A, netip.AddrPortFrom(addressB(f), closedPort), count, 20, unix.EPERM)
	}
	hits := Counter{Node: A, Name: "nft/hits", Delta: count}
	return []Scenario{
		{
			Name:    f.prefix + "nft_forward",
			Needs:   f.needs(NFT),
			Forward: true,
			Setup:   func(l *Lab) error { return l.nftDrop(B, f.table, "forward priority 0", drop) },
			Send: func(l *Lab) error {
				return l.sendUDP(A, netip.AddrPortFrom(addressC(f), closedPort), count, 20, nil)
			},
			Want:     []Want{netfilter(B, "ba")},
			Counters: []Counter{{Node: B, Name: "nft/hits", Delta: count}},
		},
		{
			Name:     f.prefix + "nft_output",
			Needs:    f.needs(NFT),
			Setup:    func(l *Lab) error { return l.nftDrop(A, f.table, "output priority 0", drop) },
			Send:     refused,
			Want:     []Want{netfilter(A, "ab").headless()},
			Counters: []Counter{hits, {Node: A, Name: f.counter("Ip", "OutDiscards"), Delta: count}},
		},
		{
			Name:     f.prefix + "nft_postrouting",
			Needs:    f.needs(NFT),
			Setup:    func(l *Lab) error { return l.nftDrop(A, f.table, "postrouting priority 0", drop) },
			Send:     refused,
			Want:     []Want{netfilter(A, "ab").headless()},
			Counters: []Counter{hits, {Node: A, Name: f.counter("Ip", "OutDiscards"), Delta: count}},
		},
		{
			Name:  f.prefix + "nft_egress",
			Needs: f.needs(NFTEgress),
			Setup: func(l *Lab) error {
				return l.nftDrop(A, "netdev", "egress device ab priority 0", drop)
			},
			Send:     sendToClosed(f, unix.ENOBUFS),
			Want:     []Want{netfilter(A, "ab")},
			Counters: []Counter{hits, {Node: A, Name: f.counter("Ip", "OutDiscards"), Delta: count}},
		},
	}
}

// nftInvalid drops segments that belong to no connection.
func nftInvalid(f family) Scenario {
	return Scenario{
		Name:  f.prefix + "nft_ct_invalid",
		Needs: f.needs(Conntrack),
		Setup: func(l *Lab) error {
			if err := l.nftDrop(B, f.table, "input priority 0", "ct state invalid counter name hits drop"); err != nil {
				return err
			}
			return l.set(B, "net/netfilter/nf_conntrack_tcp_loose=0")
		},
		Send: func(l *Lab) error {
			return l.inject("ab", f.tcpFrame(ipHeader{}, tcpHeader{flags: tcpACK, seq: 5, ack: 5}, 0), count)
		},
		Want:     []Want{f.atB("NETFILTER_DROP", unix.IPPROTO_TCP, firewall()...).older(unspecified)},
		Counters: []Counter{{Node: B, Name: "nft/hits", Delta: count}},
	}
}
