package explain

import (
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"dropwatch/dropmon"
)

// TestKernelTraps holds that every generic trap of types drop and exception has
// an entry. The list is that of the kernel's devlink header up to 6.12, without
// the traps of type control, whose packets are not dropped; netdevsim adds one.
func TestKernelTraps(t *testing.T) {
	raw, err := os.ReadFile("testdata/traps-6.12.txt")
	if err != nil {
		t.Fatal(err)
	}
	names := append(strings.Fields(string(raw)), "fid_miss")
	if len(names) != 50 {
		t.Errorf("%d names", len(names))
	}
	b := load(t)
	for _, name := range names {
		if v := b.Classify(Facts{Trap: name}); !v.Known || !validClass(v.Class) || v.Cause == "" || v.Advice == "" {
			t.Errorf("%s: verdict %+v", name, v)
		}
		if !slices.ContainsFunc(b.Lookup(name), func(e Entry) bool { return e.Kind == KindTrap && e.Group != "" }) {
			t.Errorf("%s: nothing to read", name)
		}
		if !slices.Contains(b.Names(), name) {
			t.Errorf("%s is not listed", name)
		}
	}
}

func TestClassifyTrap(t *testing.T) {
	b := load(t)
	for _, test := range []struct {
		name  string
		facts Facts
		class dropmon.Class
		known bool
		words string // in the cause
	}{
		{"known", Facts{Trap: "ttl_value_is_too_small", TrapGroup: "l3_exceptions"}, proto, true, "TTL"},
		{"group is not told", Facts{Trap: "tail_drop"}, loss, true, "queue"},
		{"trap of a driver", Facts{Trap: "red_herring", TrapGroup: "buffer_drops"}, loss, false, "buffer"},
		{"device statistics", Facts{Trap: "rx_dropped", TrapGroup: "device"}, loss, false, "rx_dropped"},
		{"group of a driver", Facts{Trap: "red_herring", TrapGroup: "red"}, loss, false, "does not have"},
		{"nothing but a name", Facts{Trap: "red_herring"}, loss, false, "does not have"},
		{"the trap decides alone", Facts{Trap: "fid_miss", Reason: "NO_SOCKET", Function: "udp_rcv", Protocol: etherIPv4, Transport: ipUDP}, policy, true, "FID"},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := b.Classify(test.facts)
			if v.Class != test.class || v.Known != test.known || !strings.Contains(v.Cause, test.words) || v.Advice == "" || len(v.Counters) > 0 {
				t.Errorf("verdict %+v", v)
			}
		})
	}
	f := Facts{Trap: "red_herring", TrapGroup: "l2_drops"}
	if n := testing.AllocsPerRun(100, func() { b.Classify(f) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// A base without traps says so, as it does of an unknown reason.
func TestClassifyTrapOfEmptyBase(t *testing.T) {
	b, err := ParseBase(fstest.MapFS{"a.yaml": {Data: []byte("rules: []")}})
	if err != nil {
		t.Fatal(err)
	}
	if v := b.Classify(Facts{Trap: "fid_miss", TrapGroup: "l2_drops"}); v.Class != loss || v.Known || !strings.Contains(v.Cause, "fid_miss") {
		t.Errorf("verdict %+v", v)
	}
}

func TestLookupGroup(t *testing.T) {
	entries := load(t).Lookup("L2_drops")
	if len(entries) != 9 {
		t.Errorf("%d entries", len(entries))
	}
	for _, e := range entries {
		if e.Kind != KindTrap || e.Group != "l2_drops" {
			t.Errorf("entry %+v", e)
		}
	}
}

func TestParseTrapErrors(t *testing.T) {
	const texts = "class: loss, cause: 'C.', advice: 'A.'"
	for _, test := range []struct{ name, yaml, want string }{
		{"no group", "traps: [{names: [a], " + texts + "}]", "check trap a: group is missing"},
		{"name twice", "traps: [{group: g, names: [a], " + texts + "}, {group: h, names: [b, a], " + texts + "}]", "check trap b a: two rules fit"},
		{"group twice", "traps: [{group: g, " + texts + "}, {group: g, " + texts + "}]", "check trap g: group has two entries"},
		{"rest twice", "traps: [{" + texts + "}, {" + texts + "}]", "check trap of no group: group has two entries"},
		{"group with a space", "traps: [{group: 'g h', " + texts + "}]", "bad name"},
		{"no class", "traps: [{group: g, cause: 'C.', advice: 'A.'}]", "unknown class"},
		{"group of a rule", "rules: [{group: g, reasons: [A], " + texts + "}]", "group"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := ParseBase(fstest.MapFS{"a.yaml": {Data: []byte(test.yaml)}})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
}
