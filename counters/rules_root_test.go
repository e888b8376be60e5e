package counters

import (
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// need skips a test without a program; where all is installed it fails.
func need(t *testing.T, program string) {
	t.Helper()
	_, err := exec.LookPath(program)
	if err == nil {
		return
	}
	if os.Getenv("VMTEST") != "" || os.Getenv("DROPWATCH_CI") != "" {
		t.Fatal(err)
	}
	t.Skip(err)
}

// TestRootRules holds that the counter of a rule that drops is found under the
// scope of the row that says so.
func TestRootRules(t *testing.T) {
	for _, test := range []struct{ system, program, setUp, object string }{
		{"nft", "nft", "nft add table inet t; nft add chain inet t c '{ type filter hook input priority 0; }';" +
			"nft add rule inet t c udp dport 9 counter drop", "inet t c handle "},
		{"iptables", "iptables-legacy", "iptables-legacy -A INPUT -p udp --dport 9 -j DROP", "iptables filter INPUT -j DROP #"},
	} {
		t.Run(test.system, func(t *testing.T) {
			n := newNetNS(t)
			need(t, test.program)
			n.script(t, test.setUp)
			r, err := Open(Config{NetNS: int(n.file.Fd())})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			before := sample(t, r)
			n.run(t, func() error { return sendToNobody(100) })
			after := sample(t, r)
			lost := make(map[string]uint64)
			for _, rule := range after.Rules {
				if rule.Loses() && rule.Exact && rule.Counted {
					lost[rule.Scope.Object] = findChange(t, before, after, test.system+".packets", rule.Scope).Delta
				}
			}
			for object, packets := range lost {
				if !strings.HasPrefix(object, test.object) || packets != 100 {
					t.Errorf("%q lost %d", object, packets)
				}
			}
			if len(lost) != 1 {
				t.Errorf("rules that lost something: %v; problems %v", lost, after.Problems)
			}
		})
	}
}

// TestRootRulesMoved adds rules of iptables before another, whose count must not
// be taken for new, nor for theirs.
func TestRootRulesMoved(t *testing.T) {
	n := newNetNS(t)
	need(t, "iptables-legacy")
	n.script(t, "iptables-legacy -A INPUT -p udp --dport 9 -j DROP")
	r, err := Open(Config{NetNS: int(n.file.Fd()), Sources: []string{"iptables"}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	n.run(t, func() error { return sendToNobody(100) })
	before := sample(t, r)
	n.script(t, "iptables-legacy -I INPUT -p udp --dport 7 -j DROP; iptables-legacy -I INPUT -p udp --dport 7 -j DROP")
	n.run(t, func() error { return sendToNobody(7) })
	after := sample(t, r)
	deltas := []uint64{}
	for _, c := range Diff(before, after) {
		if c.Name == "iptables.packets" && strings.Contains(c.Scope.Object, "DROP") {
			deltas = append(deltas, c.Delta)
		}
	}
	slices.Sort(deltas)
	if diff := cmp.Diff([]uint64{0, 0, 7}, deltas); diff != "" {
		t.Errorf("(-want +got)\n%s\n%+v", diff, after.Counters)
	}
}

// script runs shell commands inside a namespace.
func (n *netns) script(t *testing.T, text string) {
	t.Helper()
	n.run(t, func() error {
		output, err := exec.Command("sh", "-ec", text).CombinedOutput()
		if err != nil {
			err = errors.Join(err, errors.New(string(output)))
		}
		return err
	})
}
