package explain

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dropwatch/counters"
	"dropwatch/counters/firewall"
	"dropwatch/counters/rtstat"
	"dropwatch/counters/sockstat"
	"dropwatch/dropmon"
)

// object is a thing of the namespace of the tests.
func object(name string) counters.Scope { return counters.Scope{NetNS: in.NetNS, Object: name} }

func onEth0(name string) counters.Scope {
	return counters.Scope{NetNS: in.NetNS, Interface: counters.Interface{Index: 2, Name: "eth0"}, Object: name}
}

func nftRule(name, family, hook string, counted bool) counters.Rule {
	return counters.Rule{Scope: object(name), Rule: firewall.Rule{
		System: firewall.NFTables, Family: family, Hook: hook, Verdict: firewall.Drop, Counted: counted, Exact: counted,
	}}
}

func udpSocket(name string, inode uint32) counters.Socket {
	return counters.Socket{Scope: object(name), Socket: sockstat.Socket{Protocol: sockstat.UDP, Inode: inode}}
}

func eth0(program bool) []counters.Link {
	return []counters.Link{{Scope: onEth0(""), Link: rtstat.Link{Index: 2, Name: "eth0", XDP: program}}}
}

// accusations writes culprits as "packets REASON by kind object".
func accusations(e Evidence, b Balance) []string {
	var lines []string
	for i, list := range b.Culprits {
		for _, c := range list {
			lines = append(lines, fmt.Sprintf("%d %s by %s %s", c.Packets, e.Losses[i].Reason, c.Kind, nameOf(c)))
		}
	}
	for _, d := range b.Silent {
		for _, c := range d.Culprits {
			lines = append(lines, fmt.Sprintf("%d %s by %s %s", c.Packets, d.Counter, c.Kind, nameOf(c)))
		}
	}
	return lines
}

func nameOf(c Culprit) string {
	switch {
	case c.object() != "":
		return c.object()
	case c.Address.IsValid():
		return c.Address.String()
	}
	return c.Link.Name
}

func TestCulpritsOfRules(t *testing.T) {
	drop4 := lost("NETFILTER_DROP", "nft_do_chain", etherIPv4, ipTCP, 40)
	drop6 := lost("NETFILTER_DROP", "nft_do_chain", etherIPv6, ipUDP, 7)
	hooked := lost("NETFILTER_DROP", "nf_hook_slow", etherIPv4, ipTCP, 40)
	elsewhere := drop4
	elsewhere.NetNS = 8
	iptables := counters.Rule{Scope: object("x"), Rule: firewall.Rule{System: firewall.IPTables, Verdict: firewall.Drop, Counted: true, Exact: true}}
	accept := nftRule("n", "inet", "input", true)
	accept.Verdict = firewall.Accept
	other := nftRule("n", "netdev", "ingress", true)
	other.Devices = []string{"eth9"}
	for _, test := range []struct {
		name string
		e    Evidence
		want []string
	}{
		{"the one that counted", Evidence{
			Losses: []Loss{drop4}, Rules: []counters.Rule{nftRule("n", "inet", "input", true)},
			Changes: []counters.Change{rose("nft.packets", 40, object("n"))},
		}, []string{"40 NETFILTER_DROP by rule n"}},
		{"each its own number", Evidence{
			Losses:  []Loss{drop4, drop6},
			Rules:   []counters.Rule{nftRule("n", "inet", "input", true), nftRule("m", "inet", "input", true)},
			Changes: []counters.Change{rose("nft.packets", 7, object("n")), rose("nft.packets", 40, object("m"))},
		}, []string{"40 NETFILTER_DROP by rule m", "7 NETFILTER_DROP by rule n"}},
		{"several that add up", Evidence{
			Losses:  []Loss{drop4},
			Rules:   []counters.Rule{nftRule("n", "inet", "input", true), nftRule("m", "inet", "input", true)},
			Changes: []counters.Change{rose("nft.packets", 15, object("n")), rose("nft.packets", 25, object("m"))},
		}, []string{"25 NETFILTER_DROP by rule m", "15 NETFILTER_DROP by rule n"}},
		{"another family", Evidence{
			Losses: []Loss{drop6}, Rules: []counters.Rule{nftRule("n", "ip", "input", true)},
			Changes: []counters.Change{rose("nft.packets", 7, object("n"))},
		}, nil},
		{"another device", Evidence{
			Losses: []Loss{drop4}, Rules: []counters.Rule{other}, Links: eth0(false),
			Changes: []counters.Change{rose("nft.packets", 40, object("n"))},
		}, nil},
		{"another namespace", Evidence{
			Losses: []Loss{elsewhere}, Rules: []counters.Rule{nftRule("n", "inet", "input", true)},
			Changes: []counters.Change{rose("nft.packets", 40, object("n"))},
		}, nil},
		{"a rule that accepts", Evidence{
			Losses: []Loss{drop4}, Rules: []counters.Rule{accept},
			Changes: []counters.Change{rose("nft.packets", 40, object("n"))},
		}, nil},
		{"iptables drops elsewhere than nft", Evidence{
			Losses: []Loss{drop4}, Rules: []counters.Rule{iptables},
			Changes: []counters.Change{rose("iptables.packets", 40, object("x"))},
		}, nil},
		{"iptables", Evidence{
			Losses: []Loss{hooked}, Rules: []counters.Rule{iptables},
			Changes: []counters.Change{rose("iptables.packets", 40, object("x"))},
		}, []string{"40 NETFILTER_DROP by rule x"}},
		{"the only one without a counter", Evidence{
			Losses:  []Loss{drop4},
			Rules:   []counters.Rule{nftRule("n", "inet", "input", true), nftRule("p", "inet", "input", false)},
			Changes: []counters.Change{rose("nft.packets", 30, object("n"))},
		}, []string{"30 NETFILTER_DROP by rule n", "10 NETFILTER_DROP by rule p"}},
		{"two without a counter", Evidence{
			Losses: []Loss{drop4},
			Rules:  []counters.Rule{nftRule("p", "inet", "input", false), nftRule("q", "inet", "input", false)},
		}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, accusations(test.e, loaded(t).Reconcile(test.e))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCulpritsOfOthers(t *testing.T) {
	full := lost("SOCKET_RCVBUFF", "udp_queue_rcv_one_skb", etherIPv4, ipUDP, 90)
	mine := full
	mine.Socket = 12
	far := lost("IP_INNOROUTES", "ip_error", etherIPv4, ipUDP, 3)
	far.Flow = dropmon.Flow{Destination: netip.MustParseAddrPort("192.0.2.7:9")}
	deaf := lost("NEIGH_FAILED", "neigh_invalidate", etherIPv4, ipUDP, 3)
	deaf.Flow = far.Flow
	bfifo := rtstat.Qdisc{Interface: 2, Kind: "bfifo", Parent: 0x10001}
	tbf := rtstat.Qdisc{Interface: 2, Kind: "tbf", Handle: 0x10000, Parent: rtstat.Root}
	mq := rtstat.Qdisc{Interface: 2, Kind: "mq", Handle: 0x10000, Parent: rtstat.Root}
	listener := counters.Socket{Scope: object("l"), Socket: sockstat.Socket{Protocol: sockstat.TCP, Inode: 5}}
	for _, test := range []struct {
		name string
		e    Evidence
		want []string
	}{
		{"the socket that lost as many", Evidence{
			Losses: []Loss{full}, Sockets: []counters.Socket{udpSocket("u", 11), udpSocket("v", 12)},
			Changes: []counters.Change{rose("socket.drops", 9, object("u")), rose("socket.drops", 90, object("v"))},
		}, []string{"90 SOCKET_RCVBUFF by socket v"}},
		{"the socket that the drop names", Evidence{
			Losses: []Loss{mine}, Sockets: []counters.Socket{udpSocket("u", 11), udpSocket("v", 12)},
			Changes: []counters.Change{rose("socket.drops", 90, object("u")), rose("socket.drops", 90, object("v"))},
		}, []string{"90 SOCKET_RCVBUFF by socket v"}},
		{"nobody when two would do", Evidence{
			Losses: []Loss{full}, Sockets: []counters.Socket{udpSocket("u", 11), udpSocket("v", 12)},
			Changes: []counters.Change{rose("socket.drops", 90, object("u")), rose("socket.drops", 90, object("v"))},
		}, nil},
		{"a bad checksum is not the reader's fault", Evidence{
			Losses: []Loss{lost("UDP_CSUM", "udp_recvmsg", etherIPv4, ipUDP, 4)}, Sockets: []counters.Socket{udpSocket("u", 11)},
			Changes: []counters.Change{rose("socket.drops", 4, object("u"))},
		}, nil},
		{"the queue that was set up", Evidence{
			Losses: []Loss{lost("QDISC_DROP", "__dev_queue_xmit", etherIPv4, ipUDP, 8)},
			Qdiscs: []counters.Qdisc{{Scope: onEth0("tbf"), Qdisc: tbf}, {Scope: onEth0("bfifo"), Qdisc: bfifo}},
			Changes: []counters.Change{
				rose("tc.dropped", 8, onEth0("bfifo")), rose("tc.dropped", 8, onEth0("tbf")), rose("tc.overlimits", 20, onEth0("tbf")),
			},
		}, []string{"8 QDISC_DROP by qdisc tbf"}},
		{"a queue below one that only spreads", Evidence{
			Losses:  []Loss{lost("QDISC_DROP", "__dev_queue_xmit", etherIPv4, ipUDP, 8)},
			Qdiscs:  []counters.Qdisc{{Scope: onEth0("mq"), Qdisc: mq}, {Scope: onEth0("bfifo"), Qdisc: bfifo}},
			Changes: []counters.Change{rose("tc.dropped", 8, onEth0("bfifo")), rose("tc.dropped", 8, onEth0("mq"))},
		}, []string{"8 QDISC_DROP by qdisc bfifo"}},
		{"a queue whose child counts nothing", Evidence{
			Losses:  []Loss{lost("QDISC_DROP", "__dev_queue_xmit", etherIPv4, ipUDP, 8)},
			Qdiscs:  []counters.Qdisc{{Scope: onEth0("tbf"), Qdisc: tbf}, {Scope: onEth0("bfifo"), Qdisc: bfifo}},
			Changes: []counters.Change{rose("tc.dropped", 0, onEth0("bfifo")), rose("tc.dropped", 8, onEth0("tbf"))},
		}, []string{"8 QDISC_DROP by qdisc tbf"}},
		{"the listening socket, without an event", Evidence{
			Sockets: []counters.Socket{listener},
			Changes: []counters.Change{rose("TcpExt.ListenDrops", 6, in), rose("socket.drops", 6, object("l"))},
		}, []string{"6 TcpExt.ListenDrops by listener l"}},
		{"the listening socket, which counts twice", Evidence{
			Losses: []Loss{lost("TCP_LISTEN_OVERFLOW", "tcp_v4_rcv", etherIPv4, ipTCP, 6)}, Sockets: []counters.Socket{listener},
			Changes: []counters.Change{rose("TcpExt.ListenDrops", 6, in), rose("socket.drops", 12, object("l"))},
		}, []string{"6 TCP_LISTEN_OVERFLOW by listener l"}},
		{"a destination without a route", Evidence{Losses: []Loss{far}}, []string{"0 IP_INNOROUTES by route 192.0.2.7"}},
		{"a neighbour", Evidence{Losses: []Loss{deaf}}, []string{"0 NEIGH_FAILED by neighbour 192.0.2.7"}},
		{"a program", Evidence{Losses: []Loss{lost("NOT_SPECIFIED", "veth_xdp_rcv_skb", etherIPv4, ipUDP, 2)}, Links: eth0(true)},
			[]string{"0 NOT_SPECIFIED by program eth0"}},
		{"no program", Evidence{Losses: []Loss{lost("NOT_SPECIFIED", "veth_xdp_rcv_skb", etherIPv4, ipUDP, 2)}, Links: eth0(false)}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := loaded(t).Reconcile(test.e)
			if diff := cmp.Diff(test.want, accusations(test.e, b)); diff != "" {
				t.Error(diff)
			}
			for _, a := range b.Accounts {
				if a.Unexplained > 0 && !strings.HasPrefix(test.name, "nobody") && !strings.HasPrefix(test.name, "the socket") {
					t.Errorf("%s: %d of %d unexplained", a.Name, a.Unexplained, a.Delta)
				}
			}
		})
	}
}

// TestRulesTellTheDirection holds that a packet that came in does not explain
// why this host could not send one.
func TestRulesTellTheDirection(t *testing.T) {
	for _, test := range []struct {
		hook string
		want uint64 // unexplained
	}{{"input", 40}, {"forward", 40}, {"output", 0}, {"egress", 0}, {"", 0}} {
		e := Evidence{
			Losses:  []Loss{lost("NETFILTER_DROP", "nft_do_chain", etherIPv4, ipUDP, 40)},
			Rules:   []counters.Rule{nftRule("n", "inet", test.hook, true)},
			Changes: []counters.Change{rose("nft.packets", 40, object("n")), rose("Udp.SndbufErrors", 40, in)},
		}
		for _, a := range loaded(t).Reconcile(e).Accounts {
			if a.Name == "Udp.SndbufErrors" && a.Unexplained != test.want {
				t.Errorf("hook %q: %d unexplained, want %d", test.hook, a.Unexplained, test.want)
			}
		}
	}
}
