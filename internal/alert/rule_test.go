package alert

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

func TestRuleKeys(t *testing.T) {
	const text = `
name: full
when: filesystem.used > 90%
for: 5m
until: < 85%
end_after: 30s
hosts: [db*, web1]
cluster: max
severity: critical
actions: [log, page]
`
	want := Rule{
		Name: "full", When: "filesystem.used > 90%", For: 5 * time.Minute, Until: "< 85%", EndAfter: 30 * time.Second,
		Hosts: []string{"db*", "web1"}, Cluster: Max, Severity: Critical, Actions: []string{"log", "page"},
	}
	var got Rule
	d := yaml.NewDecoder(strings.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if err := got.Check(); err != nil {
		t.Error(err)
	}
}

func TestCheck(t *testing.T) {
	for _, test := range []struct {
		change func(*Rule)
		want   string // empty: nothing is wrong
	}{
		{func(r *Rule) {}, ""},
		{func(r *Rule) { r.Until = "memory.used < 80%" }, ""},
		{func(r *Rule) { r.Until = "<= 0.9" }, ""},
		{func(r *Rule) { r.Cluster, r.When = Sum, "cpu.busy > 3.5" }, ""},
		{func(r *Rule) { r.Actions = []string{} }, ""},
		{func(r *Rule) { r.Name = "" }, `alert "": name: want 1 to 128 bytes of printable text`},
		{func(r *Rule) { r.Name = "a\nb" }, `alert "a\nb": name: want 1 to 128 bytes of printable text`},
		{func(r *Rule) { r.Name = Overflow }, `alert "too-many-alerts": name: is that of an alert that is always there: choose another`},
		{func(r *Rule) { r.When = "memory.used > 90" }, `alert "m": when: memory.used is a share from 0 to 1: write 90% or 0.9`},
		{func(r *Rule) { r.When = "memry.used > 90%" }, `alert "m": when: value "memry.used": not known; dropwatch cluster values lists them`},
		{func(r *Rule) { r.Until = "swap.used < 80%" }, `alert "m": until: value "swap.used": must be memory.used as in when, or left out`},
		{func(r *Rule) { r.Until = "> 80%" }, `alert "m": until: > points the same way as when: use <=`},
		{func(r *Rule) { r.Until = "< 95%" }, `alert "m": until: some numbers begin the alert and end it too: leave a gap between it and when, or none`},
		{func(r *Rule) { r.Until = "80%" }, `alert "m": until: condition "80%": want VALUE OP NUMBER, such as memory.used > 90%, where OP is one of > >= < <=`},
		{func(r *Rule) { r.For = -time.Second }, `alert "m": for: -1s: must be from 0s to 720h`},
		{func(r *Rule) { r.EndAfter = 1000 * time.Hour }, `alert "m": end_after: 1000h0m0s: must be from 0s to 720h`},
		{func(r *Rule) { r.Hosts = []string{"db["} }, `alert "m": hosts: "db[" is no pattern such as db*`},
		{func(r *Rule) { r.Cluster = "count" }, `alert "m": cluster: "count": use sum, max, min or mean`},
		{func(r *Rule) { r.Severity = "bad" }, `alert "m": severity: "bad": use warning or critical`},
		{func(r *Rule) { r.Actions = []string{""} }, `alert "m": actions: want at most 64 names`},
	} {
		r := Rule{Name: "m", When: "memory.used > 0.9"}
		test.change(&r)
		got := ""
		if err := r.Check(); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%+v:\n%s\nwant:\n%s", r, got, test.want)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	r := Rule{Name: "m", When: "memory.used > 0.9"}
	if _, err := New([]Rule{r, r}); err == nil || err.Error() != `alert "m": name: there are two of that name` {
		t.Errorf("two of a name: %v", err)
	}
	if _, err := New(make([]Rule, MaxRules+1)); err == nil {
		t.Error("too many rules are taken")
	}
	if _, err := New([]Rule{{Name: "m"}}); err == nil {
		t.Error("a rule without condition is taken")
	}
}

func TestParseRule(t *testing.T) {
	for text, want := range map[string]Rule{
		"drops.lost_rate > 100":                                                        {When: "drops.lost_rate > 100"},
		"drops.lost_rate > 100 for 10s until < 50":                                     {When: "drops.lost_rate > 100", For: 10 * time.Second, Until: "drops.lost_rate < 50"},
		"drops.lost_rate>1k until drops.lost_rate <= 1k":                               {When: "drops.lost_rate > 1000", Until: "drops.lost_rate <= 1000"},
		"memory.used > 90% until < 80% for 1m30s":                                      {When: "memory.used > 0.9", Until: "memory.used < 0.8", EndAfter: 90 * time.Second},
		"filesystem.used[/a for b until < 1] > 5% for 1m":                              {When: "filesystem.used[/a for b until < 1] > 0.05", For: time.Minute},
		"filesystem.used[/a for b] > 5% until  filesystem.used[/a for b] < 3%  for 2s": {When: "filesystem.used[/a for b] > 0.05", Until: "filesystem.used[/a for b] < 0.03", EndAfter: 2 * time.Second},
	} {
		want.Name = want.When
		got, err := ParseRule(text)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%q: %v %s", text, err, diff)
		}
	}
	for text, want := range map[string]string{
		"":                                `condition "": want VALUE OP NUMBER, such as memory.used > 90%, where OP is one of > >= < <=`,
		"load1 > 5 for ever":              `for: "ever" is no duration such as 10s`,
		"load1 > 5 for -3s":               `alert "load1 > 5": for: -3s: must be from 0s to 720h`,
		"load1 > 5 until dawn":            `until: condition "dawn": want VALUE OP NUMBER, such as memory.used > 90%, where OP is one of > >= < <=`,
		"load1 > 5 until < 9":             `until: some numbers begin the alert and end it too: leave a gap between it and when, or none`,
		"load1 > 5 until < 4 for long":    `until: for: "long" is no duration such as 10s`,
		"load1 > 5 loudly":                `unit "loudly": use none or one of k, M, G, T`,
		"memory.used > 90":                `alert "memory.used > 90": when: memory.used is a share from 0 to 1: write 90% or 0.9`,
		strings.Repeat("x", 2000) + "> 1": "rule: has more than 1024 bytes",
	} {
		if r, err := ParseRule(text); err == nil || err.Error() != want {
			t.Errorf("%q: %+v, %v, want %s", text, r, err, want)
		}
	}
}

func FuzzParseRule(f *testing.F) {
	for _, text := range []string{
		"drops.lost_rate > 100 for 10s until < 50", "filesystem.used[/a for b until < 1] > 5% for 1m until < 1% for 1h", "up < 1",
		"load1 > 5 until dawn", "memory.used >= 0.5 until memory.used < 50%",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ParseRule(text)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("%q: error of several lines: %v", text, err)
			}
			return
		}
		if _, err := New([]Rule{r}); err != nil {
			t.Fatalf("%q: %+v: %v", text, r, err)
		}
		line := r.When + " for " + r.For.String()
		if r.Until != "" {
			line += " until " + r.Until + " for " + r.EndAfter.String()
		}
		if again, err := ParseRule(line); err != nil || !cmp.Equal(again, r) {
			t.Errorf("%q: %+v is written as %q, which reads as %+v, %v", text, r, line, again, err)
		}
	})
}
