package session

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"dropwatch/counters"
	"dropwatch/internal/report"
	"dropwatch/internal/scenario"
)

// checkCounters holds that nothing of what the counters of the lab say remains
// unexplained, and that the report has the counters that the scenario lists.
func checkCounters(t *testing.T, lab *scenario.Lab, sc scenario.Scenario, r *report.Summary) {
	t.Helper()
	for i := range r.Counters {
		c := &r.Counters[i]
		if c.NetNS == nil {
			continue // others on this host raise it too
		}
		if c.Unexplained > 0 {
			t.Errorf("%s of %s %s: %d of %d unexplained", c.Name, c.NetNS, c.Object, c.Unexplained, c.Delta)
		}
		if c.Explained+c.Unexplained != c.Delta {
			t.Errorf("%s of %s: %d explained and %d unexplained are not %d", c.Name, c.NetNS, c.Explained, c.Unexplained, c.Delta)
		}
	}
	for _, c := range sc.Counters {
		if c.Delta == 0 && c.Same == "" || c.Since != "" {
			continue
		}
		name, device, object := ours(c.Name)
		meta, _ := counters.Lookup(name)
		if !meta.Loss && !isOfObject(name) {
			continue
		}
		at := slices.IndexFunc(r.Counters, func(row report.Counter) bool {
			return row.Name == name && row.NetNS != nil && row.NetNS.Inode == lab.Inode(c.Node) &&
				(device == "" || row.Interface != nil && row.Interface.Name == device) && strings.Contains(row.Object, object)
		})
		if at < 0 {
			t.Errorf("no counter %s in the report", c.Name)
		} else if got := r.Counters[at].Delta; got < c.Delta {
			t.Errorf("counter %s rose by %d, the report says %d", c.Name, c.Delta, got)
		}
	}
}

func isOfObject(name string) bool { return strings.HasSuffix(name, ".packets") }

// ours is the name of a scenario's counter in a report, with the interface and
// a part of the object that it is for.
func ours(name string) (counter, device, object string) {
	part := strings.Split(name, "/")
	if len(part) == 1 {
		return name, "", ""
	}
	switch part[0] {
	case "link":
		return "link." + part[2] + "_" + part[3], part[1], ""
	case "qdisc":
		return "tc.dropped", part[1], "qdisc " + part[2]
	case "nft":
		return "nft.packets", "", " t c "
	case "iptables", "ip6tables":
		return part[0] + ".packets", "", " " + part[1] + " "
	case "ethtool":
		return "ethtool." + part[2], part[1], ""
	case "own":
		return map[string]string{"lost": "packet.drops"}[part[1]], "", ""
	}
	return "", "", ""
}

// An accused is who must have done it.
type accused struct {
	kind string
	// what must be in the name
	name string
	// mine says that it is a socket of this process
	mine bool
}

// guilty names the culprit of a scenario; the zero value is for those that have
// none.
func guilty(name string) accused {
	plain := strings.TrimPrefix(name, "ip6_")
	switch {
	case plain == "udp_rcvbuf", plain == "udp_socket_filter":
		return accused{"socket", "udp socket", true}
	case plain == "packet_socket_full":
		return accused{"socket", "packet socket", true}
	case strings.HasPrefix(plain, "syn_"), plain == "final_ack_overflow":
		return accused{"listener", "tcp socket", true}
	case plain == "nft_policy":
		return accused{"rule", "t c policy drop", false}
	case plain == "gso_nft_input", plain == "bridge_nft", strings.HasPrefix(plain, "nft_"):
		return accused{"rule", " t c handle ", false}
	case strings.HasPrefix(name, "iptables_"), strings.HasPrefix(name, "ip6tables_"):
		system, chain, _ := strings.Cut(name, "_")
		return accused{"rule", system + " filter " + strings.ToUpper(chain), false}
	case strings.HasPrefix(plain, "tbf_"):
		return accused{"qdisc", "qdisc tbf", false}
	case plain == "htb_leaf_limit":
		return accused{"qdisc", "qdisc pfifo 10:", false}
	case strings.HasPrefix(plain, "cls_bpf_"):
		return accused{"qdisc", "qdisc clsact", false}
	case strings.HasPrefix(plain, "xdp_"):
		return accused{"program", "XDP program on ba", false}
	case strings.HasPrefix(plain, "neighbour_"):
		return accused{"neighbour", "no answer from ", false}
	case plain == "noroute_forward", strings.HasPrefix(plain, "route_"):
		return accused{"route", "route to ", false}
	}
	return accused{}
}

// checkCulprit holds that the right one is named, and no innocent.
func checkCulprit(t *testing.T, name string, r *report.Summary) {
	t.Helper()
	want := guilty(name)
	found := false
	for i := range r.Drops {
		for _, c := range r.Drops[i].Culprit {
			right := c.Kind == want.kind && strings.Contains(c.Name, want.name)
			if want.mine {
				right = right && c.Process != nil && c.Process.PID == os.Getpid()
			}
			if !right {
				t.Errorf("%s is accused of %s, want %s", describe(&c), cmp.Or(r.Drops[i].Reason, r.Drops[i].Counter), describe(&report.Culprit{Kind: want.kind, Name: want.name}))
			}
			found = found || right
		}
	}
	if !found && want.kind != "" {
		t.Errorf("nobody is accused, want %s %q", want.kind, want.name)
	}
}

func describe(c *report.Culprit) string {
	if c.Kind == "" {
		return "nobody"
	}
	return fmt.Sprintf("%s %q", c.Kind, c.Name)
}
