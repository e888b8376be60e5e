package explain

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"dropwatch/dropmon"
)

// TestDiscardNames holds names and numbers: testdata/sflow-drops.txt lists those
// of sFlow.org's document up to 303, and above those that its agent and its
// decoder have in common.
func TestDiscardNames(t *testing.T) {
	raw, err := os.ReadFile("testdata/sflow-drops.txt")
	if err != nil {
		t.Fatal(err)
	}
	names := discardNames()
	want := make(map[string]Discard)
	for line := range strings.Lines(string(raw)) {
		var d Discard
		if _, err := fmt.Sscanf(line, "%d %s\n", &d.Code, &d.Name); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		want[d.Name] = d
		want[strings.ToUpper(d.Name)] = d
	}
	if len(want) != 2*129 {
		t.Errorf("%d names", len(want))
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestDiscardsOfReasons holds the code of every reason of every kernel, of every
// devlink trap and of every drop that only counters show; -update writes them
// anew. None may be without.
func TestDiscardsOfReasons(t *testing.T) {
	b := load(t)
	var got bytes.Buffer
	line := func(name string, v Verdict) {
		if v.Discard.Name == "" {
			t.Errorf("%s has no code", name)
		}
		fmt.Fprintf(&got, "%-34s %v\n", name, v.Discard)
	}
	for _, name := range []string{"NEWER_THAN_US", "TCP_NEWER", "IP_NEWER"} {
		line(name, b.Classify(Facts{Reason: name}))
	}
	var reasons []reasonKey
	for key := range b.byReason {
		reasons = append(reasons, key)
	}
	slices.SortFunc(reasons, func(x, y reasonKey) int {
		return strings.Compare(x.subsystem+" "+x.reason, y.subsystem+" "+y.reason)
	})
	for _, key := range reasons {
		if key.subsystem == trapSubsystem {
			line("trap "+key.reason, b.Classify(Facts{Trap: key.reason}))
			continue
		}
		line(strings.TrimPrefix(key.subsystem+" "+key.reason, "core "), b.Classify(v4(0, key.reason, "").in(key.subsystem)))
	}
	for _, r := range b.rules {
		if !r.data.hasEvent() {
			line(r.data.Counters[0], r.verdict)
		}
	}
	const path = "testdata/discards.txt"
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// in puts the reason into a subsystem.
func (f Facts) in(subsystem string) Facts {
	f.Subsystem = subsystem
	return f
}

// TestEveryKernelReasonHasDiscard is for the reasons that a kernel lists.
func TestEveryKernelReasonHasDiscard(t *testing.T) {
	b := load(t)
	unknowns := 0
	for _, kernel := range []string{"6.1", "6.12", "6.18"} {
		raw, err := os.ReadFile("testdata/reasons-" + kernel + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		for name := range strings.FieldsSeq(string(raw)) {
			switch d := b.Classify(v4(0, name, "")).Discard; d.Name {
			case "":
				t.Errorf("%s: %s has no code", kernel, name)
			case unknownDiscard:
				unknowns++
			}
		}
	}
	if unknowns > 20 {
		t.Errorf("%d reasons are unknown to sFlow", unknowns)
	}
}

func TestDiscardOfDrop(t *testing.T) {
	b := load(t)
	for _, test := range []struct {
		name  string
		facts Facts
		want  string
	}{
		{"rule", v4(ipTCP, "NETFILTER_DROP", "nft_do_chain"), "acl (258)"},
		{"code 0 is one too", Facts{Trap: "net_unreachable"}, "net_unreachable (0)"},
		{"TTL", v4(ipUDP, "IP_INHDR", "ip_forward"), "ttl_exceeded (257)"},
		{"bad header", v4(ipUDP, "IP_INHDR", "ip_rcv_core"), "ip_header_corrupted (275)"},
		{"function of a rule without a reason", Facts{Reason: notSpecified, Function: "dst_discard", Protocol: etherIPv6}, "blackhole_route (269)"},
		{"another one", Facts{Reason: notSpecified, Function: "ip6_pkt_prohibit", Protocol: etherIPv6}, "dst_net_prohibited (9)"},
		{"the rule does not tell", v4(ipUDP, notSpecified, "ip_error"), "unknown_l3 (285)"},
		{"hint that stands for a reason", Facts{Function: "nft_do_chain", Protocol: etherIPv4}, "acl (258)"},
		{"hint that stands for a reason of the same name", Facts{Function: "enqueue_to_backlog", Protocol: etherIPv4}, "cpu_backlog (368)"},
		{"reason of several", v4(ipTCP, "TCP_RFC7323_TW_PAWS", "tcp_timewait_state_process"), "tcp_rfc7323_paws (345)"},
		{"its neighbour", v4(ipTCP, "TCP_RFC7323_TSECR", "tcp_validate_incoming"), "unknown_l4 (289)"},
		{"link is down", v4(ipUDP, "QDISC_DROP", "__dev_queue_xmit", dropmon.FlagLinkDown), "dev_ready (331)"},
		{"tagged frame", v4(ipUDP, "OTHERHOST", "ip_rcv_core", dropmon.FlagOurMAC), "ingress_vlan_filter (265)"},
		{"same word as the device", v4(ipTCP, "TC_INGRESS", "__netif_receive_skb_core"), "acl (258)"},
		{"and the device's", Facts{Trap: "ingress_flow_action_drop", TrapGroup: "acl_drops"}, "acl (258)"},
		{"subsystem", Facts{Reason: "OVS_DROP_IP_TTL", Subsystem: "openvswitch"}, "ttl_exceeded (257)"},
		{"new reason of a subsystem", Facts{Reason: "QDISC_DROP_NEW", Subsystem: "qdisc"}, "unknown_buffer (287)"},
		{"a subsystem's reason that is called as one of the core", Facts{Reason: "XDP", Subsystem: "openvswitch"}, "unknown_l2 (284)"},
		{"new subsystem", Facts{Reason: "A", Subsystem: "new", Function: "tcp_new"}, "unknown_l4 (289)"},
		{"function of TCP", Facts{Reason: notSpecified, Function: "__tcp_transmit_skb.isra.0", Protocol: etherIPv4}, "unknown_l4 (289)"},
		{"function of IPv6", Facts{Function: "ip6_new_thing"}, "unknown_l3 (285)"},
		{"function of a tunnel", Facts{Function: "ip_tunnel_xmit"}, "unknown_tunnel (288)"},
		{"function of a bridge", Facts{Function: "__br_forward"}, "unknown_l2 (284)"},
		{"nothing is known", Facts{Function: "mystery"}, "unknown (256)"},
		{"nothing at all", Facts{}, "unknown (256)"},
		{"fragments", Facts{Reason: "NETFILTER_DROP", Function: "skb_release_data"}, "unknown (256)"},
		{"trap of another name", Facts{Trap: "ttl_value_is_too_small"}, "ttl_exceeded (257)"},
		{"trap of the same name", Facts{Trap: "blackhole_nexthop"}, "blackhole_nexthop (306)"},
		{"trap that sFlow knows and we do not", Facts{Trap: "sip_is_class_e", TrapGroup: "l3_drops"}, "sip_is_class_e (295)"},
		{"trap of a driver", Facts{Trap: "fid_miss", TrapGroup: "l2_drops"}, "unknown_l2 (284)"},
		{"trap in a known group", Facts{Trap: "red_herring", TrapGroup: "buffer_drops"}, "unknown_buffer (287)"},
		{"trap in no known group", Facts{Trap: "red_herring", TrapGroup: "fish"}, "unknown (256)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := b.Classify(test.facts).Discard.String(); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
			if n := testing.AllocsPerRun(10, func() { b.Classify(test.facts) }); n != 0 && b.Classify(test.facts).Known {
				t.Errorf("%v allocations", n)
			}
		})
	}
	if got := (Discard{}).String(); got != "" {
		t.Errorf("%q for none", got)
	}
}

// TestDiscardWithoutWord holds that a base that gives no code has one too.
func TestDiscardWithoutWord(t *testing.T) {
	b, err := ParseBase(fstest.MapFS{"a.yaml": {Data: []byte(`
rules: [{event: false, counters: [a.b], class: loss, cause: 'C.', advice: 'A.'}]
subsystems: [{name: s, class: loss, cause: 'C.', advice: 'A.'}]`)}})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []Facts{{}, {Trap: "t"}, {Trap: "t", TrapGroup: "g"}, {Reason: "A", Subsystem: "s"}} {
		if got := b.Classify(f).Discard.Name; got != unknownDiscard {
			t.Errorf("%+v: %q", f, got)
		}
	}
	if got := b.rules[0].verdict.Discard.Name; got != unknownDiscard {
		t.Errorf("without an event: %q", got)
	}
}

func TestDiscardErrors(t *testing.T) {
	const texts = "class: loss, cause: 'C.', advice: 'A.'"
	for _, test := range []struct{ name, yaml, want string }{
		{"rule", "rules: [{reasons: [A], sflow: nonsense, " + texts + "}]", `check rule A: sFlow has no discard code "nonsense"`},
		{"wrong case", "rules: [{reasons: [A], sflow: ACL, " + texts + "}]", `no discard code "ACL"`},
		{"some", "rules: [{reasons: [A], sflow_of: {A: nonsense}, " + texts + "}]", `no discard code "nonsense"`},
		{"some of others", "rules: [{reasons: [A], functions: [f], sflow_of: {B: acl}, " + texts + "}]", `sflow_of names "B"`},
		{"subsystem", "subsystems: [{name: s, sflow: nonsense, " + texts + "}]", `check subsystem "s": sFlow has no`},
		{"trap", "traps: [{group: g, names: [t], sflow: nonsense, " + texts + "}]", `check trap t: sFlow has no`},
		{"group", "traps: [{group: g, sflow: nonsense, " + texts + "}]", `check trap g: sFlow has no`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := ParseBase(fstest.MapFS{"a.yaml": {Data: []byte(test.yaml)}})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
}

// TestDiscardText shows all codes that an entry can have.
func TestDiscardText(t *testing.T) {
	b := load(t)
	for _, test := range []struct{ term, want string }{
		{"NETFILTER_DROP", "  sFlow     discard code acl (258)\n"},
		{"ip6_pkt_prohibit", "  sFlow     discard codes unknown_l3 (285), blackhole_route (269),\n            dst_net_prohibited (9)\n"},
		{"tcp_parsing", "  sFlow     discard codes udp_parsing (316), tcp_parsing (317),"},
		{"Udp.NoPorts", "  sFlow     discard code port_unreachable (3)\n"},
	} {
		var got bytes.Buffer
		if err := WriteText(&got, b.Lookup(test.term)); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(got.String(), test.want) {
			t.Errorf("%s: no %q in\n%s", test.term, test.want, got.String())
		}
	}
	for _, e := range b.Lookup("pitfalls") {
		if e.Discards != nil {
			t.Errorf("%q has codes", e.Names)
		}
	}
}
