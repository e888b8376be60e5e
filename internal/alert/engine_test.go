package alert

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dropwatch/internal/values"
)

// start is when all tests begin.
var start = time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)

// at is a moment of a test.
func at(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }

// hosts reads "db1 up=1 memory.used=0.5; db2 up=0". The ID is the name with "id-"
// before it, or what stands behind "@".
func hosts(t *testing.T, text string) []HostValues {
	t.Helper()
	var list []HostValues
	for part := range strings.SplitSeq(text, ";") {
		words := strings.Fields(part)
		if len(words) == 0 {
			continue
		}
		name, id, renamed := strings.Cut(words[0], "@")
		if !renamed {
			id = "id-" + name
		}
		h := HostValues{ID: id, Name: name}
		for _, word := range words[1:] {
			i := strings.LastIndex(word, "=")
			n, err := strconv.ParseFloat(word[i+1:], 64)
			if err != nil {
				t.Fatalf("%q: %v", word, err)
			}
			vname, of, err := values.ParseKey(word[:i])
			if err != nil {
				t.Fatal(err)
			}
			h.Values = append(h.Values, values.Value{Name: vname, Of: of, Number: n, Unit: kindOf(vname).Unit})
		}
		list = append(list, h)
	}
	return list
}

// A moment is what is told at a time, and what rings for it.
type moment struct {
	second int
	told   string
	want   []string
}

func texts(events []Event) []string {
	var list []string
	for i := range events {
		list = append(list, Text(&events[i]))
	}
	return list
}

func engine(t *testing.T, rules ...Rule) *Engine {
	t.Helper()
	for i := range rules {
		if rules[i].Name == "" {
			rules[i].Name = "rule" + strconv.Itoa(i)
		}
	}
	e, err := New(rules)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// play runs a time line.
func play(t *testing.T, e *Engine, line []moment) {
	t.Helper()
	for _, m := range line {
		got := texts(e.Evaluate(at(m.second), hosts(t, m.told)))
		if diff := cmp.Diff(m.want, got); diff != "" {
			t.Errorf("at %ds: %s", m.second, diff)
		}
	}
}

func one(text string) []string { return []string{text} }

func TestTimeLines(t *testing.T) {
	for name, test := range map[string]struct {
		rule Rule
		line []moment
	}{
		"begins and ends at once": {
			Rule{When: "memory.used > 0.9"},
			[]moment{
				{0, "db1 memory.used=0.9", nil},
				{10, "db1 memory.used=0.94", one("WARNING db1: memory.used is 94% (above 90%)")},
				{20, "db1 memory.used=0.97", nil},
				{30, "db1 memory.used=0.9", one("OK db1: memory.used is 90% (was above 90% for 20s, at worst 97%)")},
				{40, "db1 memory.used=0.9", nil},
			},
		},
		"hold": {
			Rule{When: "memory.used > 0.9", For: time.Minute, Severity: Critical},
			[]moment{
				{0, "db1 memory.used=0.95", nil},
				{50, "db1 memory.used=0.95", nil},
				{55, "db1 memory.used=0.5", nil}, // too short: anew
				{60, "db1 memory.used=0.95", nil},
				{119, "db1 memory.used=0.95", nil},
				{120, "db1 memory.used=0.94", one("CRITICAL db1: memory.used is 94% (above 90% for 1m)")},
				{130, "db1 memory.used=0.94", nil},
				{780, "db1 memory.used=0.71", one("OK db1: memory.used is 71% (was above 90% for 12m, at worst 95%)")},
			},
		},
		"hysteresis": {
			Rule{When: "memory.used > 0.9", Until: "< 0.8", EndAfter: 20 * time.Second},
			[]moment{
				{0, "db1 memory.used=0.95", one("WARNING db1: memory.used is 95% (above 90%)")},
				{10, "db1 memory.used=0.85", nil},
				{20, "db1 memory.used=0.95", nil},
				{30, "db1 memory.used=0.79", nil},
				{40, "db1 memory.used=0.8", nil}, // not good: the end waits anew
				{50, "db1 memory.used=0.7", nil},
				{69, "db1 memory.used=0.7", nil},
				{70, "db1 memory.used=0.6", one("OK db1: memory.used is 60% (was above 90% for 1m10s, at worst 95%)")},
			},
		},
		"low numbers": {
			Rule{When: "filesystem.available[/var] < 5Gi"},
			[]moment{
				{0, "db1 filesystem.available[/var]=4e9 filesystem.available[/]=1", one("WARNING db1: filesystem.available[/var] is 3.73 GiB (below 5 GiB)")},
				{10, "db1 filesystem.available[/var]=1e9", nil},
				{20, "db1 filesystem.available[/var]=6e9", one("OK db1: filesystem.available[/var] is 5.59 GiB (was below 5 GiB for 20s, at worst 954 MiB)")},
			},
		},
		"each instance and host by itself": {
			Rule{When: "filesystem.used > 90%", Hosts: []string{"db*"}},
			[]moment{
				{0, "db2 filesystem.used[/]=0.95; web1 filesystem.used[/]=1; db1 filesystem.used[/]=0.1 filesystem.used[/var]=0.99", []string{
					"WARNING db1: filesystem.used[/var] is 99% (above 90%)", "WARNING db2: filesystem.used[/] is 95% (above 90%)",
				}},
				{10, "db2 filesystem.used[/]=0.5; db1 filesystem.used[/]=0.95 filesystem.used[/var]=0.99", []string{
					"WARNING db1: filesystem.used[/] is 95% (above 90%)", "OK db2: filesystem.used[/] is 50% (was above 90% for 10s, at worst 95%)",
				}},
			},
		},
		"host is down": {
			Rule{When: "up < 1", For: 30 * time.Second, Severity: Critical},
			[]moment{
				{0, "db1 up=1", nil},
				{10, "db1 up=0", nil},
				{40, "db1 up=0", one("CRITICAL db1: host is down (for 30s)")},
				{730, "db1 up=1", one("OK db1: host is up (was down for 12m)")},
			},
		},
		"interface is down at once": {
			Rule{When: "interface.up < 1"},
			[]moment{
				{0, "db1 interface.up[eth0]=0", one("WARNING db1: interface eth0 is down (just now)")},
				{10, "db1 interface.up[eth0]=1", one("OK db1: interface eth0 is up (was down for 10s)")},
			},
		},
		"clock is set back": {
			Rule{When: "load1 > 5", For: 30 * time.Second, EndAfter: 10 * time.Second},
			[]moment{
				{100, "db1 load1=6", nil},
				{0, "db1 load1=6", nil},
				{29, "db1 load1=6", nil},
				{30, "db1 load1=6", one("WARNING db1: load1 is 6 (above 5 for 30s)")},
				{50, "db1 load1=1", nil},
				{20, "db1 load1=1", nil},
				{30, "db1 load1=1", one("OK db1: load1 is 1 (was above 5 for 30s, at worst 6)")},
			},
		},
		"no numbers": {
			Rule{When: "load1 > 5"},
			[]moment{
				{0, "db1 load1=NaN; db2 load1=Inf; load1=9", nil},
			},
		},
	} {
		t.Run(name, func(t *testing.T) { play(t, engine(t, test.rule), test.line) })
	}
}

// What hosts do not tell, as the documentation of the package has it.
func TestNotTold(t *testing.T) {
	const rings, dropsRing = "WARNING db1: filesystem.used[/mnt] is 95% (above 90%)", "WARNING db1: drops.rate[NO_SOCKET] is 200/s (above 100/s)"
	fs, drops := Rule{When: "filesystem.used > 90%"}, Rule{When: "drops.rate > 100"}
	for name, test := range map[string]struct {
		rule Rule
		line []moment
	}{
		"down and back": {fs, []moment{
			{0, "db1 up=1 filesystem.used[/mnt]=0.95", one(rings)},
			{10, "db1 up=0", nil},
			{9000, "db1 up=0 filesystem.used[/mnt]=0.1", nil}, // that is old
			{9010, "db1 up=1 filesystem.used[/mnt]=0.95", nil},
			{9020, "db1 up=1 filesystem.used[/mnt]=0.5", one("OK db1: filesystem.used[/mnt] is 50% (was above 90% for 2h30m, at worst 95%)")},
		}},
		"down while it holds": {Rule{When: "load1 > 5", For: 20 * time.Second}, []moment{
			{0, "db1 up=1 load1=9", nil},
			{10, "db1 up=0 load1=9", nil},
			{20, "db1 up=1 load1=9", nil},
			{30, "db1 up=1 load1=9", nil},
			{40, "db1 up=1 load1=9", one("WARNING db1: load1 is 9 (above 5 for 20s)")},
		}},
		"down while it is good": {Rule{When: "load1 > 5", EndAfter: 20 * time.Second}, []moment{
			{0, "db1 up=1 load1=9", one("WARNING db1: load1 is 9 (above 5)")},
			{10, "db1 up=1 load1=1", nil},
			{20, "db1 up=0", nil},
			{30, "db1 up=1 load1=1", nil},
			{50, "db1 up=1 load1=1", one("OK db1: load1 is 1 (was above 5 for 50s, at worst 9)")},
		}},
		"down while it is missing": {fs, []moment{
			{0, "db1 up=1 filesystem.used[/mnt]=0.95", one(rings)},
			{10, "db1 up=1", nil},
			{20, "db1 up=0", nil},
			{100, "db1 up=1", nil},
			{160, "db1 up=1", one("ENDED db1: filesystem.used[/mnt]: no longer told (was above 90% for 2m40s, at worst 95%)")},
		}},
		"unmounted": {fs, []moment{
			{0, "db1 up=1 drops.lost=0 filesystem.used[/mnt]=0.95", one(rings)},
			{10, "db1 up=1 drops.lost=0", nil},
			{20, "db1 up=1 drops.lost=0 filesystem.used[/mnt]=0.95", nil}, // only part of a record was lost
			{30, "db1 up=1 drops.lost=0", nil},
			{80, "db1 up=1 drops.lost=0", nil},
			{90, "db1 up=1 drops.lost=0", one("ENDED db1: filesystem.used[/mnt]: no longer told (was above 90% for 1m30s, at worst 95%)")},
			{100, "db1 up=1 drops.lost=0", nil},
		}},
		"forgotten": {fs, []moment{
			{0, "db1 up=1 filesystem.used[/mnt]=0.95", one(rings)},
			{10, "db2 up=1", one("ENDED db1: filesystem.used[/mnt]: host is forgotten (was above 90% for 10s, at worst 95%)")},
		}},
		"renamed out of the rule": {Rule{When: "load1 > 5", Hosts: []string{"db*"}}, []moment{
			{0, "db1@x load1=6", one("WARNING db1: load1 is 6 (above 5)")},
			{10, "db2@x load1=6", nil},
			{20, "web@x load1=6", one("ENDED db2: load1: the rule is no longer for this host (was above 5 for 20s, at worst 6)")},
		}},
		"no drops any more": {drops, []moment{
			{0, "db1 drops.lost=2000 drops.rate[NO_SOCKET]=200", one(dropsRing)},
			{10, "db1 drops.lost=0", one("OK db1: drops.rate[NO_SOCKET] is 0/s (was above 100/s for 10s, at worst 200/s)")},
		}},
		"drop monitor failed": {drops, []moment{
			{0, "db1 drops.lost=2000 drops.rate[NO_SOCKET]=200", one(dropsRing)},
			{10, "db1 load1=1", nil},
			{70, "db1 load1=1", one("ENDED db1: drops.rate[NO_SOCKET]: no longer told (was above 100/s for 1m10s, at worst 200/s)")},
		}},
		"too few drops": {Rule{When: "counter[Udp.InErrors] < 5"}, []moment{
			{0, "db1 up=1", nil}, // who tells no drops does not tell that there are none
			{10, "db1 up=1 drops.lost=0", one("WARNING db1: counter[Udp.InErrors] is 0 (below 5)")},
			{20, "db1 up=1 drops.lost=0 counter[Udp.InErrors]=7", one("OK db1: counter[Udp.InErrors] is 7 (was below 5 for 10s, at worst 0)")},
		}},
	} {
		t.Run(name, func(t *testing.T) { play(t, engine(t, test.rule), test.line) })
	}
}

func TestCluster(t *testing.T) {
	for name, test := range map[string]struct {
		rule Rule
		line []moment
	}{
		"sum": {Rule{When: "drops.lost_rate > 1k", Cluster: Sum, Hosts: []string{"db*"}}, []moment{
			{0, "db1 drops.lost_rate=300; db2 drops.lost_rate=600; web drops.lost_rate=5000", nil},
			{10, "db1 drops.lost_rate=500; db2 drops.lost_rate=700", one("WARNING cluster: sum of drops.lost_rate is 1200/s (above 1000/s, most on db2)")},
			{20, "db1 drops.lost_rate=500; db2 up=0 drops.lost_rate=700", one("OK cluster: sum of drops.lost_rate is 500/s (was above 1000/s for 10s, at worst 1200/s)")},
		}},
		"max": {Rule{When: "memory.used > 90%", Cluster: Max}, []moment{
			{0, "a memory.used=0.5; b memory.used=0.95", one("WARNING cluster: highest memory.used is 95% (above 90%, on b)")},
			{10, "a memory.used=0.95; b memory.used=0.5", nil},
			{20, "a up=0; b up=0", nil}, // nobody can tell
			{30, "a memory.used=0.1; b memory.used=0.5", one("OK cluster: highest memory.used is 50% (was above 90% for 30s, at worst 95%)")},
		}},
		"min": {Rule{When: "filesystem.available < 1Ki", Cluster: Min}, []moment{
			{0, "a filesystem.available[/]=1024 filesystem.available[/b]=1; b filesystem.available[/]=9999", one("WARNING cluster: lowest filesystem.available[/b] is 1 B (below 1 KiB, on a)")},
		}},
		"mean of up": {Rule{When: "up < 0.6", Cluster: Mean}, []moment{
			{0, "a up=1; b up=1; c up=0", nil},
			{10, "a up=1; b up=0; c up=0", one("WARNING cluster: mean of up is 0.333 (below 0.6)")},
			{20, "", one("ENDED cluster: mean of up: host is forgotten (was below 0.6 for 10s, at worst 0.333)")},
		}},
		"mean with those that list nothing": {Rule{When: "drops.rate > 50", Cluster: Mean}, []moment{
			{0, "a drops.lost=9 drops.rate[X]=150; b drops.lost=0; c drops.lost=0; d load1=1", nil},
			{10, "a drops.lost=9 drops.rate[X]=180; b drops.lost=0; c drops.lost=0; d load1=1", one("WARNING cluster: mean of drops.rate[X] is 60/s (above 50/s)")},
			{20, "a drops.lost=0", one("OK cluster: mean of drops.rate[X] is 0/s (was above 50/s for 10s, at worst 60/s)")},
		}},
		"nobody lists it": {Rule{When: "drops.rate[X] < 1", Cluster: Sum}, []moment{
			{0, "a load1=1", nil},
			{10, "a drops.lost=0", one("WARNING cluster: sum of drops.rate[X] is 0/s (below 1/s)")},
			{20, "a drops.lost=0 drops.rate[X]=5", one("OK cluster: sum of drops.rate[X] is 5/s (was below 1/s for 10s, at worst 0/s)")},
		}},
	} {
		t.Run(name, func(t *testing.T) { play(t, engine(t, test.rule), test.line) })
	}
}

// The number of alerts is bounded, and that it is reached is an alert itself.
func TestOverflow(t *testing.T) {
	e := engine(t, Rule{When: "load1 > 5"})
	e.limit = 2
	play(t, e, []moment{
		{0, "a load1=6; b load1=6", []string{"WARNING a: load1 is 6 (above 5)", "WARNING b: load1 is 6 (above 5)"}},
		{10, "a load1=6; b load1=6; c load1=6; d load1=6", one("CRITICAL: 2 alerts are not followed (there can be 10000)")},
		{20, "a load1=6; b load1=6; c load1=6", nil},
		{30, "a load1=1; b load1=6; c load1=6", []string{
			"OK a: load1 is 1 (was above 5 for 30s, at worst 6)", "WARNING c: load1 is 6 (above 5)", "OK: all alerts are followed again (there can be 10000)",
		}},
	})
	if l := e.List(); len(l.Alerts) != 2 || l.Untracked != 0 {
		t.Errorf("list: %+v", l)
	}
}

// A line stays one line, whatever a host is called.
func TestTextIsOneLine(t *testing.T) {
	e := engine(t, Rule{When: "filesystem.used > 90%"})
	events := e.Evaluate(start, []HostValues{{ID: "x", Name: "evil\n\x1b[2J" + strings.Repeat("x", 5000), Values: []values.Value{{Name: "filesystem.used", Of: "/a\r\nb", Number: 1}}}})
	if len(events) != 1 {
		t.Fatalf("%d events", len(events))
	}
	if text := Text(&events[0]); strings.ContainsAny(text, "\n\r\x1b") || len(text) > 1000 {
		t.Errorf("%q", text)
	}
}

func TestKnown(t *testing.T) {
	for n, want := range map[float64]bool{0: true, -5: true, math.Inf(1): false, math.Inf(-1): false} {
		if known(n) != want {
			t.Errorf("%v: %v", n, !want)
		}
	}
}
