package session

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"dropwatch/dropmon"
	"dropwatch/internal/report"
	"dropwatch/internal/scenario"
)

// mixed are scenarios that do not disturb each other in one lab.
func mixed() []string {
	return []string{
		"udp_closed", "udp_rcvbuf", "udp_csum_closed", "udp_short", "tcp_closed", "tcp_csum",
		"icmp_csum", "ip_csum", "ip_truncated", "ip_proto", "rp_filter", "ethertype", "noroute_output",
	}
}

// mixedRounds is how often each scenario sends, in turn with the others.
const mixedRounds = 3

// TestRootReconcileMixed loses packets for ten causes and more at once in one
// namespace, and the same in another one at the same time.
func TestRootReconcileMixed(t *testing.T) {
	needRoot(t)
	all := slices.DeleteFunc(scenario.All(), func(sc scenario.Scenario) bool { return !slices.Contains(mixed(), sc.Name) })
	if len(all) != len(mixed()) {
		t.Fatalf("the table has %d of %d scenarios", len(all), len(mixed()))
	}
	labs := []*scenario.Lab{mixedLab(t, all), mixedLab(t, all)}
	var config Config
	for _, lab := range labs {
		config.NetNS = append(config.NetNS, fmt.Sprint(lab.Inode(scenario.A)), fmt.Sprint(lab.Inode(scenario.B)))
	}
	s, err := Open(config)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var both errgroup.Group
	for _, lab := range labs {
		both.Go(func() error { return sendMixed(lab) })
	}
	if err := both.Wait(); err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(nil); err != nil {
		t.Fatal(err)
	}
	r, err := s.Summary()
	if err != nil {
		t.Fatal(err)
	}
	for i := range r.Counters {
		if c := &r.Counters[i]; c.Unexplained > 0 {
			t.Errorf("%s of %s: %d of %d unexplained", c.Name, c.NetNS, c.Unexplained, c.Delta)
		}
	}
	first, second := lossesOf(r, labs[0]), lossesOf(r, labs[1])
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("the same causes in two namespaces make different reports:\n%s", diff)
	}
	checkMixed(t, first, all)
	if t.Failed() {
		t.Log((&watched{report: r}).text())
	}
}

func mixedLab(t *testing.T, all []scenario.Scenario) *scenario.Lab {
	t.Helper()
	lab, err := scenario.New(scenario.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := lab.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, sc := range all {
		if sc.Setup == nil {
			continue
		}
		if err := sc.Setup(lab); err != nil {
			t.Fatalf("set up %s: %v", sc.Name, err)
		}
	}
	return lab
}

// sendMixed sends with scenarios of its own: those that are played together must
// not share what they remember.
func sendMixed(lab *scenario.Lab) error {
	for range mixedRounds {
		for _, sc := range scenario.All() {
			if !slices.Contains(mixed(), sc.Name) {
				continue
			}
			if err := sc.Send(lab); err != nil {
				return fmt.Errorf("send of %s: %w", sc.Name, err)
			}
		}
	}
	return nil
}

// lossesOf are the packets of a lab by node and cause, and by node and counter.
func lossesOf(r *report.Summary, lab *scenario.Lab) map[string]uint64 {
	sums := make(map[string]uint64)
	node := func(n *report.NetNS) scenario.Node {
		for _, node := range []scenario.Node{scenario.A, scenario.B} {
			if n != nil && n.Inode == lab.Inode(node) {
				return node
			}
		}
		return ""
	}
	for i := range r.Drops {
		d := &r.Drops[i]
		if n := node(d.NetNS); n != "" && d.Class != string(dropmon.Benign) {
			cause := d.Reason + d.Counter
			if d.Location != nil {
				cause += " at " + d.Location.Symbol
			}
			sums[fmt.Sprintf("%s %s", n, cause)] += d.Packets
		}
	}
	for i := range r.Counters {
		c := &r.Counters[i]
		// how many errors are sent back depends on the time it takes
		if n := node(c.NetNS); n != "" && c.Loss && !(n == scenario.A && c.Name == "Icmp.InErrors") && c.Object == "" {
			sums[fmt.Sprintf("%s counter %s", n, c.Name)] += c.Delta
		}
	}
	return sums
}

// checkMixed compares the sum of a lab with what its scenarios want.
func checkMixed(t *testing.T, got map[string]uint64, all []scenario.Scenario) {
	t.Helper()
	want := uint64(0)
	for _, sc := range all {
		for _, w := range sc.Want {
			if w.Node == scenario.B && w.FromCounter == "" {
				want += w.Packets * mixedRounds
			}
		}
	}
	sum, causes := uint64(0), 0
	for cause, n := range got {
		if strings.HasPrefix(cause, "b ") && !strings.HasPrefix(cause, "b counter ") {
			causes++
			sum += n
		}
	}
	full := got["b counter Udp.RcvbufErrors"]
	if sum != want+full || full == 0 {
		t.Errorf("%d packets lost in one namespace, want %d and %d by the full buffer", sum, want, full)
	}
	if causes < 10 {
		t.Errorf("%d causes in one namespace, want 10 or more: %v", causes, got)
	}
}
