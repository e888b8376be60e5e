package check

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dropwatch/internal/explain"
	"dropwatch/internal/report"
)

func TestRange(t *testing.T) {
	for text, want := range map[string]struct {
		fine, crossed []float64
		limit         string
	}{
		"10":     {[]float64{0, 10}, []float64{10.1, -1}, "more than 10"},
		"0":      {[]float64{0}, []float64{0.001, 1}, "more than 0"},
		"10:":    {[]float64{10, 1e9}, []float64{9.9}, "less than 10"},
		"~:10":   {[]float64{-5, 10}, []float64{11}, "more than 10"},
		"10:20":  {[]float64{10, 15, 20}, []float64{9, 21}, "outside 10:20"},
		"@10:20": {[]float64{9, 21}, []float64{10, 20}, "within 10:20"},
		"@5":     {[]float64{6}, []float64{0, 5}, "within 5"},
		"2.5":    {[]float64{2.5}, []float64{2.6}, "more than 2.5"},
	} {
		r, err := ParseRange(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		for _, n := range want.fine {
			if r.Crossed(n) {
				t.Errorf("%q is crossed by %v", text, n)
			}
		}
		for _, n := range want.crossed {
			if !r.Crossed(n) {
				t.Errorf("%q is not crossed by %v", text, n)
			}
		}
		if r.String() != text || r.limit() != want.limit {
			t.Errorf("%q: %q, limit %q, want %q", text, r, r.limit(), want.limit)
		}
	}
	for _, text := range []string{"", "x", "1e3", "0x10", "1_0", "NaN", "Inf", ":", ":10", "20:10", "10:x", "@", "~", "1:2:3", " 1", "1;2"} {
		if r, err := ParseRange(text); err == nil {
			t.Errorf("%q is taken for %+v", text, r)
		}
	}
}

func TestParse(t *testing.T) {
	rules, err := Parse(
		[]string{"lost=100", "lost/s=5", "counter.Udp.InErrors/s=2", "reason.openvswitch/OVS_DROP_METER=0"},
		[]string{"class.loss=10", "lost=1000", "unexplained=0", "missed=0"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rules {
		line := r.Metric.String()
		if r.Warning != nil {
			line += " w " + r.Warning.String()
		}
		if r.Critical != nil {
			line += " c " + r.Critical.String()
		}
		got = append(got, line)
	}
	want := []string{
		"lost w 100 c 1000", "lost/s w 5", "counter.Udp.InErrors/s w 2", "reason.openvswitch/OVS_DROP_METER w 0",
		"class.loss c 10", "unexplained c 0", "missed c 0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if rules.OfCounters() || !rules.Explains() {
		t.Error("these rules need drops, and an explanation of counters")
	}
}

func TestParseErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "want METRIC=NUMBER",
		"lost":                   "want METRIC=NUMBER",
		"lost=":                  "is no number",
		"lost=many":              `"many" is no number`,
		"lsot=1":                 `unknown metric "lsot"`,
		"lost.x=1":               `unknown metric "lost.x"`,
		"class=1":                `unknown class ""`,
		"class.bad=1":            `unknown class "bad"`,
		"reason.=1":              "unknown metric",
		"counter=1":              "unknown metric",
		"counter.a b=1":          "no name of a reason or counter",
		"counter.a'b=1":          "no name of a reason or counter",
		"reason.a|b=1":           "no name of a reason or counter",
		"lost/s/s=1":             "unknown metric",
		strings.Repeat("x", 300): "want METRIC=NUMBER",
	} {
		if _, err := Parse([]string{text}, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if _, err := Parse(nil, []string{"lost=1", "lost=2"}); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("two thresholds of one metric: %v", err)
	}
}

func TestKnown(t *testing.T) {
	base, err := explain.Load()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"NO_SOCKET":                 "",
		"SKB_DROP_REASON_NO_SOCKET": "",
		"core/NO_SOCKET":            "",
		"NO_SOCKETS":                "did you mean NO_SOCKET?",
		"nft_do_chain":              "unknown reason",
		"ZZZZZZZZZZZZZZ":            "lists all names",
	} {
		rules, err := Parse([]string{"reason." + name + "=1"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		err = rules.Known(base, nil)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"lost=100", "class.loss/s=@1:2", "counter.Udp.InErrors=~:", "reason.A=1:"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rules, err := Parse([]string{text}, nil)
		if err != nil {
			return
		}
		// what was taken means the same again
		again, err := Parse([]string{rules[0].Metric.String() + "=" + rules[0].Warning.String()}, nil)
		if err != nil || again[0].Metric != rules[0].Metric || *again[0].Warning != *rules[0].Warning {
			t.Errorf("%q: %+v, then %+v, %v", text, rules, again, err)
		}
		c := rules.Judge(Evidence{Drops: &report.Summary{Seconds: 1}})
		if strings.Count(c.Text, "\n") != 0 {
			t.Errorf("%q: more than a line: %q", text, c.Text)
		}
	})
}
