package alert

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write golden files anew")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func indent(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, data, "", "  "); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func full(t *testing.T) (*Engine, []Event) {
	t.Helper()
	e := engine(t,
		Rule{Name: "memory", When: "memory.used > 90%", Until: "< 80%", Severity: Critical},
		Rule{Name: "load", When: "load1 > 5", For: time.Hour},
		Rule{Name: "lost", When: "drops.lost_rate > 10", Cluster: Sum},
	)
	return e, e.Evaluate(start, hosts(t, "db2 memory.used=0.95 load1=9; db1 memory.used=0.97 drops.lost_rate=30"))
}

func TestGoldenJSON(t *testing.T) {
	e, events := full(t)
	saved, err := e.Save()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "alerts.json", indent(t, saved))
	begin, err := events[0].JSON()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "begin.json", indent(t, begin))
	end, err := e.Evaluate(at(60), hosts(t, "db2 memory.used=0.95"))[0].JSON()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "end.json", indent(t, end))
	if strings.Contains(string(begin), `\u003e`) {
		t.Errorf("conditions are hard to read: %s", begin)
	}
}

// reload is a restart with other rules.
func reload(t *testing.T, saved []byte, rules ...Rule) *Engine {
	t.Helper()
	e := engine(t, rules...)
	if err := e.Load(saved); err != nil {
		t.Fatal(err)
	}
	return e
}

func TestRestart(t *testing.T) {
	rule := Rule{Name: "memory", When: "memory.used > 90%"}
	before := engine(t, rule)
	play(t, before, []moment{{0, "db1 memory.used=0.95", one("WARNING db1: memory.used is 95% (above 90%)")}})
	saved, err := before.Save()
	if err != nil {
		t.Fatal(err)
	}
	again, err := reload(t, saved, rule).Save()
	if diff := cmp.Diff(string(saved), string(again)); err != nil || diff != "" {
		t.Errorf("saved again: %v %s", err, diff)
	}
	for name, test := range map[string]struct {
		rules []Rule
		line  []moment
	}{
		"goes on": {[]Rule{rule}, []moment{
			{100, "db1 memory.used=0.96", nil},
			{120, "db1 memory.used=0.5", one("OK db1: memory.used is 50% (was above 90% for 2m, at worst 96%)")},
		}},
		"hosts are heard late": {[]Rule{rule}, []moment{
			{100, "", nil},
			{200, "db1 up=1", nil},
			{300, "db1 memory.used=0.95", nil},
			{310, "", one("ENDED db1: memory.used: host is forgotten (was above 90% for 5m10s, at worst 95%)")},
		}},
		"host is never heard": {[]Rule{rule}, []moment{
			{100, "", nil},
			{699, "", nil},
			{700, "", one("ENDED db1: memory.used: host is forgotten (was above 90% for 11m40s, at worst 95%)")},
		}},
		"value is never told": {[]Rule{rule}, []moment{
			{100, "db1 up=1", nil},
			{699, "db1 up=1", nil},
			{700, "db1 up=1", one("ENDED db1: memory.used: no longer told (was above 90% for 11m40s, at worst 95%)")},
		}},
		"rule is gone":      {nil, []moment{{100, "db1 memory.used=0.1", nil}}},
		"rule is renamed":   {[]Rule{{Name: "x", When: rule.When}}, []moment{{100, "db1 memory.used=0.1", nil}}},
		"value is another":  {[]Rule{{Name: "memory", When: "swap.used > 90%"}}, []moment{{100, "db1 memory.used=0.1 swap.used=0.1", nil}}},
		"is of the cluster": {[]Rule{{Name: "memory", When: rule.When, Cluster: Max}}, []moment{{100, "db1 memory.used=0.1", nil}, {800, "db1 memory.used=0.1", nil}}},
		"threshold is another": {[]Rule{{Name: "memory", When: "memory.used > 96%"}}, []moment{
			{100, "db1 memory.used=0.95", one("OK db1: memory.used is 95% (was above 96% for 1m40s, at worst 95%)")},
		}},
	} {
		t.Run(name, func(t *testing.T) { play(t, reload(t, saved, test.rules...), test.line) })
	}
}

func TestRestartWhileOverflowing(t *testing.T) {
	e := engine(t, Rule{When: "load1 > 5"})
	e.limit = 1
	e.Evaluate(start, hosts(t, "a load1=6; b load1=6"))
	saved, err := e.Save()
	if err != nil {
		t.Fatal(err)
	}
	again := reload(t, saved, Rule{When: "load1 > 5"})
	again.limit = 1
	play(t, again, []moment{
		{10, "a load1=6; b load1=6", nil},
		{20, "a load1=6", one("OK: all alerts are followed again (there can be 10000)")},
	})
}

func TestLoadRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "read alerts: unexpected end of JSON input",
		"{}":                             `read alerts: schema is "" and not "dropwatch.alerts.v1"`,
		`{"schema":"dropwatch.peer.v1"}`: `read alerts: schema is "dropwatch.peer.v1" and not "dropwatch.alerts.v1"`,
		strings.Repeat(" ", maxSaved+1):  "read alerts: the document has more than 20480000 bytes",
	} {
		if err := engine(t).Load([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("%.40q: %v, want %s", text, err, want)
		}
	}
}

func FuzzLoad(f *testing.F) {
	for _, name := range []string{"alerts.json", "begin.json"} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"schema":"dropwatch.alerts.v1","alerts":[{"rule":"too-many-alerts"},{"rule":"memory","value":"memory.used","host_id":"x","since":"9999-12-31T23:59:59Z"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, _ := full(t)
		fresh := engine(t, e.rules[0].Rule, e.rules[1].Rule, e.rules[2].Rule)
		if fresh.Load(data) != nil {
			return
		}
		saved, err := fresh.Save()
		if err != nil {
			t.Fatalf("save what was loaded: %v", err)
		}
		again := reload(t, saved, e.rules[0].Rule, e.rules[1].Rule, e.rules[2].Rule)
		if diff := cmp.Diff(fresh.Active(), again.Active()); diff != "" {
			t.Error(diff)
		}
		for i, event := range fresh.Evaluate(at(1e6), nil) {
			if text := Text(&event); event.Firing || strings.Contains(text, "\n") {
				t.Errorf("event %d: %q", i, text)
			}
		}
	})
}
