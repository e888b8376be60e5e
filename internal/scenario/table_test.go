package scenario

import (
	"slices"
	"strings"
	"testing"
)

// TestTable holds the table to what the judge and its readers rely on.
func TestTable(t *testing.T) {
	all := All()
	if len(all) < 140 {
		t.Errorf("%d scenarios", len(all))
	}
	names := map[string]bool{}
	for _, s := range all {
		if names[s.Name] {
			t.Errorf("two scenarios are called %s", s.Name)
		}
		names[s.Name] = true
		if s.Name == "" || s.Name != strings.ToLower(s.Name) || strings.ContainsAny(s.Name, " /") {
			t.Errorf("%q is no name for a subtest", s.Name)
		}
		if s.Send == nil {
			t.Errorf("%s sends nothing", s.Name)
		}
		if len(s.Want) == 0 && len(s.Counters) == 0 {
			t.Errorf("%s proves nothing", s.Name)
		}
		for _, w := range s.Want {
			checkWant(t, s, w)
		}
	}
}

func checkWant(t *testing.T, s Scenario, w Want) {
	t.Helper()
	if w.Reason == "" || len(w.Symbols) == 0 || w.Packets == 0 && !w.AtLeast {
		t.Errorf("%s: incomplete want: %+v", s.Name, w)
	}
	if slices.Contains(w.Symbols, "") {
		t.Errorf("%s: empty symbol", s.Name)
	}
	if w.Node == C && !s.Forward {
		t.Errorf("%s wants a drop in a node that its lab lacks", s.Name)
	}
	if w.Protocol == ipv6().ether && !slices.Contains(s.Needs, IPv6) {
		t.Errorf("%s drops IPv6 without asking for it", s.Name)
	}
}

// TestTableCovers names what must never fall out of the table: the drops that
// no event shows, and one of each kind of place.
func TestTableCovers(t *testing.T) {
	byName := map[string]Scenario{}
	for _, s := range All() {
		byName[s.Name] = s
	}
	for _, name := range []string{"noroute_output", "mtu_output", "syn_overflow", "syn_backlog_full", "syn_queue_full", "packet_socket_full"} {
		if s, ok := byName[name]; !ok || len(s.Want) != 0 {
			t.Errorf("%s must exist and want no event", name)
		}
	}
	for _, name := range []string{"udp_rcvbuf", "tcp_closed", "final_ack_overflow", "neighbour_local", "nft_egress", "iptables_output",
		"tbf_limit", "tcx_egress", "xdp_native", "bridge_mtu", "gso_nft_input", "fragments_udp_closed", "ip6_udp_zero_csum"} {
		if s, ok := byName[name]; !ok || len(s.Want) == 0 {
			t.Errorf("%s must exist and want an event", name)
		}
	}
}
