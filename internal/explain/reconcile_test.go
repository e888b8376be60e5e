package explain

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dropwatch/counters"
	"dropwatch/counters/rtstat"
)

// in is a namespace of the tests.
var in = counters.Scope{NetNS: 7}

func rose(name string, delta uint64, scope counters.Scope) counters.Change {
	return counters.Change{Name: name, Scope: scope, Delta: delta, After: delta}
}

// lost is a row of drops in the namespace.
func lost(reason, function string, protocol uint16, transport uint8, n uint64) Loss {
	return Loss{
		Facts: Facts{Reason: reason, Function: function, Protocol: protocol, Transport: transport},
		NetNS: in.NetNS, Interface: 2, Packets: n, Buffers: n,
	}
}

// equations writes accounts as "name +delta = shares".
func equations(e Evidence, b Balance) []string {
	var lines []string
	for _, a := range b.Accounts {
		var parts []string
		for _, s := range a.Shares {
			parts = append(parts, fmt.Sprintf("%d %s", s.Packets, e.Losses[s.Loss].Reason))
		}
		if a.Silent > 0 {
			parts = append(parts, fmt.Sprintf("%d silent", a.Silent))
		}
		if a.Unexplained > 0 {
			parts = append(parts, fmt.Sprintf("%d unexplained", a.Unexplained))
		}
		line := fmt.Sprintf("%s +%d = %s", a.Name, a.Delta, strings.Join(parts, " + "))
		if a.Note != "" {
			line += "; " + a.Note
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

func TestReconcile(t *testing.T) {
	elsewhere := counters.Scope{NetNS: 8}
	eth0 := counters.Scope{NetNS: in.NetNS, Interface: counters.Interface{Index: 2, Name: "eth0"}}
	eth1 := counters.Scope{NetNS: in.NetNS, Interface: counters.Interface{Index: 3, Name: "eth1"}}
	for _, test := range []struct {
		name   string
		e      Evidence
		want   []string
		silent []string
	}{
		{
			name: "one counter, several drops and a rest",
			e: Evidence{
				Changes: []counters.Change{rose("Udp.InErrors", 120, in), rose("Udp.RcvbufErrors", 97, in), rose("Udp.InCsumErrors", 20, in)},
				Losses: []Loss{
					lost("UDP_CSUM", "__udp4_lib_rcv", etherIPv4, ipUDP, 20),
					lost("SOCKET_RCVBUFF", "udp_queue_rcv_one_skb", etherIPv4, ipUDP, 97),
				},
			},
			want: []string{
				"Udp.InCsumErrors +20 = 20 UDP_CSUM",
				"Udp.InErrors +120 = 97 SOCKET_RCVBUFF + 20 UDP_CSUM + 3 unexplained",
				"Udp.RcvbufErrors +97 = 97 SOCKET_RCVBUFF",
			},
		},
		{
			name: "drops of another namespace, IP version, transport or interface explain nothing",
			e: Evidence{
				Changes: []counters.Change{
					rose("Udp.NoPorts", 5, elsewhere), rose("Udp6NoPorts", 4, in), rose("link.rx_dropped", 3, eth1), rose("Tcp.InErrs", 2, in),
				},
				Losses: []Loss{
					lost("NO_SOCKET", "__udp4_lib_rcv", etherIPv4, ipUDP, 9),
					lost("UNHANDLED_PROTO", "__netif_receive_skb_core", 0x88b5, 0, 3),
					lost("PKT_TOO_SMALL", "__udp4_lib_rcv", etherIPv4, ipUDP, 2),
				},
			},
			want: []string{
				"Tcp.InErrs +2 = 2 unexplained", "Udp.NoPorts +5 = 5 unexplained",
				"Udp6NoPorts +4 = 4 unexplained", "link.rx_dropped +3 = 3 unexplained",
			},
		},
		{
			name: "an interface of its own",
			e: Evidence{
				Changes: []counters.Change{rose("link.rx_dropped", 3, eth0)},
				Losses:  []Loss{lost("UNHANDLED_PROTO", "__netif_receive_skb_core", 0x88b5, 0, 3)},
			},
			want: []string{"link.rx_dropped +3 = 3 UNHANDLED_PROTO"},
		},
		{
			name: "a counter without any event is a drop of its own, once",
			e:    Evidence{Changes: []counters.Change{rose("TcpExt.ListenDrops", 96, in), rose("TcpExt.ListenOverflows", 90, in), rose("Ip.OutNoRoutes", 7, in)}},
			want: []string{
				"Ip.OutNoRoutes +7 = 7 silent",
				"TcpExt.ListenDrops +96 = 96 silent", "TcpExt.ListenOverflows +90 = 90 silent",
			},
			silent: []string{"7 Ip.OutNoRoutes", "96 TcpExt.ListenDrops"},
		},
		{
			name: "part with an event, part without",
			e: Evidence{
				Changes: []counters.Change{rose("TcpExt.ListenDrops", 10, in), rose("TcpExt.ListenOverflows", 10, in)},
				Losses:  []Loss{lost("TCP_LISTEN_OVERFLOW", "tcp_v4_rcv", etherIPv4, ipTCP, 4)},
			},
			want: []string{
				"TcpExt.ListenDrops +10 = 4 TCP_LISTEN_OVERFLOW + 6 silent",
				"TcpExt.ListenOverflows +10 = 4 TCP_LISTEN_OVERFLOW + 6 silent",
			},
			silent: []string{"6 TcpExt.ListenDrops"},
		},
		{
			name: "reason and counter disagree",
			e: Evidence{
				Changes: []counters.Change{rose("Udp6InCsumErrors", 100, in)},
				Losses:  []Loss{lost("NO_SOCKET", "__udp6_lib_rcv", etherIPv6, ipUDP, 100)},
			},
			want: []string{"Udp6InCsumErrors +100 = 100 NO_SOCKET; the reason NO_SOCKET usually raises another counter"},
		},
		{
			name: "a reason disagrees with two counters",
			e: Evidence{
				Changes: []counters.Change{rose("Udp6InCsumErrors", 9, in), rose("Udp6InErrors", 9, in)},
				Losses:  []Loss{lost("NO_SOCKET", "__udp6_lib_rcv", etherIPv6, ipUDP, 9)},
			},
			want: []string{
				"Udp6InCsumErrors +9 = 9 NO_SOCKET; the reason NO_SOCKET usually raises another counter",
				"Udp6InErrors +9 = 9 NO_SOCKET; the reason NO_SOCKET usually raises another counter",
			},
		},
		{
			name: "what a queue counts apart is part of its drops",
			e: Evidence{
				Changes: []counters.Change{rose("tc.dropped", 9, onEth0("fq_codel")), rose("tc.drop_overlimit", 7, onEth0("fq_codel"))},
				Losses:  []Loss{lost("QDISC_OVERLIMIT", "__dev_queue_xmit", etherIPv4, ipUDP, 7), lost("QDISC_CONGESTED", "__dev_queue_xmit", etherIPv4, ipUDP, 2)},
			},
			want: []string{"tc.drop_overlimit +7 = 7 QDISC_OVERLIMIT", "tc.dropped +9 = 7 QDISC_OVERLIMIT + 2 QDISC_CONGESTED"},
		},
		{
			name: "an error message about a socket that is gone",
			e: Evidence{
				Changes: []counters.Change{rose("Icmp.InErrors", 8, in)},
				Losses:  []Loss{lost("ICMP_CSUM", "icmp_rcv", etherIPv4, ipICMP, 2)},
			},
			want:   []string{"Icmp.InErrors +8 = 2 ICMP_CSUM + 6 silent"},
			silent: []string{"6 Icmp.InErrors"},
		},
		{
			name: "a drop is counted by one CPU only",
			e: Evidence{
				Changes: []counters.Change{
					rose("softnet.dropped", 5, counters.Scope{Object: "cpu 0"}), rose("softnet.dropped", 5, counters.Scope{Object: "cpu 1"}),
				},
				Losses: []Loss{lost("CPU_BACKLOG", "enqueue_to_backlog", etherIPv4, ipUDP, 6)},
			},
			want: []string{"softnet.dropped +5 = 1 CPU_BACKLOG + 4 unexplained", "softnet.dropped +5 = 5 CPU_BACKLOG"},
		},
		{
			name: "one entry for many packets",
			e: Evidence{
				Changes: []counters.Change{rose("arp_cache.res_failed", 1, counters.Scope{})},
				Losses:  []Loss{lost("NEIGH_FAILED", "neigh_invalidate", etherIPv4, ipUDP, 3)},
			},
			want: []string{"arp_cache.res_failed +1 = 1 NEIGH_FAILED"},
		},
		{
			name: "merged buffers count once",
			e: Evidence{
				Changes: []counters.Change{rose("Tcp.InErrs", 2, in)},
				Losses: []Loss{{
					Facts: Facts{Reason: "TCP_CSUM", Function: "tcp_v4_rcv", Protocol: etherIPv4, Transport: ipTCP},
					NetNS: in.NetNS, Packets: 20, Buffers: 2,
				}},
			},
			want: []string{"Tcp.InErrs +2 = 2 TCP_CSUM"},
		},
		{
			name: "what stood still and what means no loss",
			e:    Evidence{Changes: []counters.Change{rose("Udp.NoPorts", 0, in), rose("Ip.InReceives", 5, in)}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := loaded(t).Reconcile(test.e)
			if diff := cmp.Diff(test.want, equations(test.e, b)); diff != "" {
				t.Error(diff)
			}
			var silent []string
			for _, d := range b.Silent {
				silent = append(silent, fmt.Sprintf("%d %s", d.Packets, d.Counter))
			}
			slices.Sort(silent)
			if diff := cmp.Diff(test.silent, silent); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReconcileQdiscTree(t *testing.T) {
	scope := func(object string) counters.Scope {
		return counters.Scope{NetNS: in.NetNS, Interface: counters.Interface{Index: 2, Name: "eth0"}, Object: object}
	}
	e := Evidence{
		Changes: []counters.Change{
			rose("tc.dropped", 88, scope("qdisc htb 1: root")), rose("tc.dropped", 88, scope("qdisc pfifo 10: parent 1:1")), rose("tc.dropped", 5, scope("qdisc clsact ffff:")),
		},
		Losses: []Loss{
			lost("QDISC_DROP", "__dev_queue_xmit", etherIPv4, ipUDP, 88), lost("TC_INGRESS", "__netif_receive_skb_core", etherIPv4, ipUDP, 5),
		},
		Qdiscs: []counters.Qdisc{
			{Scope: scope("qdisc htb 1: root"), Qdisc: rtstat.Qdisc{Interface: 2, Handle: 0x10000, Parent: 0xffffffff}},
			{Scope: scope("qdisc pfifo 10: parent 1:1"), Qdisc: rtstat.Qdisc{Interface: 2, Handle: 0x100000, Parent: 0x10001}},
		},
	}
	b := loaded(t).Reconcile(e)
	want := []string{"tc.dropped +5 = 5 TC_INGRESS", "tc.dropped +88 = 88 QDISC_DROP", "tc.dropped +88 = 88 QDISC_DROP"}
	if diff := cmp.Diff(want, equations(e, b)); diff != "" {
		t.Error(diff)
	}
	for _, a := range b.Accounts {
		if a.Parent != strings.Contains(a.Scope.Object, "htb") {
			t.Errorf("%s: parent %v", a.Scope.Object, a.Parent)
		}
	}
}

func TestReconcileAtLeast(t *testing.T) {
	b := loaded(t).Reconcile(Evidence{AtLeast: true, Changes: []counters.Change{rose("Udp.NoPorts", 3, in)}})
	if len(b.Accounts) != 1 || !b.Accounts[0].AtLeast || b.Accounts[0].Unexplained != 3 {
		t.Errorf("%+v", b.Accounts)
	}
}

func loaded(t *testing.T) *Base {
	t.Helper()
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return b
}
