package meter

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"dropwatch/counters"
	"dropwatch/counters/firewall"
	"dropwatch/counters/rtstat"
	"dropwatch/internal/report"
)

func testBuilder() *builder {
	return &builder{
		name:  func(inode uint32) string { return map[uint32]string{7: "web"}[inode] },
		names: map[uint32]*report.NetNS{}, rules: map[counters.Scope]*counters.Rule{}, parents: map[counters.Scope]bool{},
	}
}

func TestRow(t *testing.T) {
	b := testBuilder()
	rule := func(object string, r firewall.Rule) counters.Scope {
		scope := counters.Scope{NetNS: 7, Object: object}
		b.learn(&counters.Sample{Rules: []counters.Rule{{Scope: scope, Rule: r}}})
		return scope
	}
	eth0 := counters.Interface{Index: 2, Name: "eth0"}
	for name, test := range map[string]struct {
		change counters.Change
		loss   bool
		want   string // meaning
	}{
		"of the catalogue": {counters.Change{Name: "Udp.NoPorts", Scope: counters.Scope{NetNS: 7}}, true, "Datagrams to a port where no program listens."},
		"no loss":          {counters.Change{Name: "Ip.InReceives", Scope: counters.Scope{NetNS: 7}}, false, "Everything that arrived for IP to look at, damaged packets included."},
		"unheard of":       {counters.Change{Name: "TcpExt.Invented", Scope: counters.Scope{NetNS: 7}}, false, ""},
		"driver":           {counters.Change{Name: "ethtool.rx3_MissErrors", Scope: counters.Scope{NetNS: 7, Interface: eth0}}, true, "A counter of the driver; by its name packets were lost. See the documentation of the driver."},
		"driver, no loss":  {counters.Change{Name: "ethtool.rx3_packets", Scope: counters.Scope{NetNS: 7, Interface: eth0}}, false, ""},
		"rule that drops": {counters.Change{Name: "nft.packets", Scope: rule("drops", firewall.Rule{Verdict: firewall.Drop, Exact: true})}, true,
			"Packets that this firewall rule dropped."},
		"rule that rejects": {counters.Change{Name: "iptables.packets", Scope: rule("rejects", firewall.Rule{Verdict: firewall.Reject, Exact: true})}, true,
			"Packets that this firewall rule refused, with an answer to the sender."},
		"rule that compares later": {counters.Change{Name: "nft.packets", Scope: rule("later", firewall.Rule{Verdict: firewall.Drop})}, true,
			"Packets that came to this firewall rule; it throws away those that match the rest of it too."},
		"rule that accepts": {counters.Change{Name: "nft.packets", Scope: rule("accepts", firewall.Rule{Verdict: firewall.Accept, Exact: true})}, false,
			"Packets that matched this firewall rule."},
	} {
		if row := b.row(test.change, 0); row.Loss != test.loss || row.Meaning != test.want {
			t.Errorf("%s: loss %v, %q", name, row.Loss, row.Meaning)
		}
	}
}

func TestRowIsWhole(t *testing.T) {
	b := testBuilder()
	change := counters.Change{
		Name: "link.rx_dropped", Delta: 30, Before: 5, After: 30, Reset: true, Wrapped: true, Appeared: true,
		Scope: counters.Scope{NetNS: 7, Interface: counters.Interface{Index: 2, Name: "eth0"}, Object: "x"},
	}
	got := b.row(change, 10)
	perSecond := 3.0
	meta, _ := counters.Lookup("link.rx_dropped")
	want := report.CounterRow{
		Name: "link.rx_dropped", NetNS: &report.NetNS{Inode: 7, Name: "web"}, Interface: &report.Interface{Index: 2, Name: "eth0"}, Object: "x",
		Delta: 30, Value: 30, PerSecond: &perSecond, Unit: "packets", Loss: true, Meaning: meta.Help, Reset: true, Wrapped: true, Appeared: true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if row := b.row(counters.Change{Name: "softnet.dropped"}, 0); row.NetNS != nil || row.PerSecond != nil {
		t.Errorf("of the whole host, since boot: %+v", row)
	}
}

// Of mq with its queues, and of htb with its classes, only the lowest count.
func TestParents(t *testing.T) {
	handle := func(major, minor uint32) rtstat.Handle { return rtstat.Handle(major<<16 | minor) }
	qdisc := func(device uint32, kind string, own, parent rtstat.Handle) counters.Qdisc {
		q := rtstat.Qdisc{Interface: device, Kind: kind, Handle: own, Parent: parent}
		return counters.Qdisc{Scope: counters.Scope{NetNS: 7, Interface: counters.Interface{Index: device}, Object: q.Object()}, Qdisc: q}
	}
	sample := &counters.Sample{Qdiscs: []counters.Qdisc{
		qdisc(2, "mq", 0, rtstat.Root), qdisc(2, "fq_codel", 0, handle(0, 1)), qdisc(2, "fq_codel", 0, handle(0, 2)),
		qdisc(3, "htb", handle(1, 0), rtstat.Root), qdisc(3, "pfifo", handle(0x10, 0), handle(1, 0x10)),
		qdisc(4, "fq_codel", 0, rtstat.Root), qdisc(4, "clsact", handle(0xffff, 0), handle(0xffff, 0xfff1)),
	}}
	b := testBuilder()
	b.learn(sample)
	var got []bool
	for _, q := range sample.Qdiscs {
		got = append(got, b.parents[q.Scope])
	}
	if diff := cmp.Diff([]bool{true, false, false, true, false, false, false}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestHostWideOnce(t *testing.T) {
	cpu0, cpu1, a, b := counters.Scope{Object: "cpu 0"}, counters.Scope{Object: "cpu 1"}, counters.Scope{NetNS: 1}, counters.Scope{NetNS: 2}
	all := []counters.Change{
		{Name: "softnet.dropped", Scope: cpu0, Delta: 1}, {Name: "softnet.dropped", Scope: cpu1, Delta: 2}, {Name: "Udp.NoPorts", Scope: a, Delta: 3},
		{Name: "softnet.dropped", Scope: cpu0, Delta: 1}, {Name: "softnet.dropped", Scope: cpu1, Delta: 2}, {Name: "Udp.NoPorts", Scope: b, Delta: 3},
	}
	sum := uint64(0)
	for _, c := range hostWideOnce(all) {
		sum += c.Delta
	}
	if sum != 9 {
		t.Errorf("the sum is %d, want 9", sum)
	}
}
