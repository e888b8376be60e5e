package alert

import (
	"fmt"
	"testing"
	"time"

	"dropwatch/internal/values"
)

// A tick of a thousand hosts with 20 rules, of which hardly any rings.
func BenchmarkEvaluate(b *testing.B) {
	var rules []Rule
	for i, when := range []string{"memory.used > 90%", "filesystem.used > 90%", "up < 1", "drops.rate > 1k", "load1 > 50"} {
		for _, pattern := range [][]string{nil, {"host1*"}, {"db*", "host*7"}, {"nobody"}} {
			rules = append(rules, Rule{Name: fmt.Sprint(i, pattern), When: when, For: time.Minute, Hosts: pattern})
		}
	}
	e, err := New(rules)
	if err != nil {
		b.Fatal(err)
	}
	list := make([]HostValues, 1000)
	for i := range list {
		h := &list[i]
		h.ID = fmt.Sprint("id", i)
		h.Name = fmt.Sprint("host", i)
		h.Values = append(h.Values, values.Value{Name: "up", Number: 1}, values.Value{Name: "drops.lost"}, values.Value{Name: "memory.used", Number: 0.5 + float64(i)/1990})
		for j := range 20 {
			h.Values = append(h.Values,
				values.Value{Name: "filesystem.used", Of: fmt.Sprint("/", j), Number: 0.5},
				values.Value{Name: "drops.rate", Of: fmt.Sprint("R", j), Number: 5},
				values.Value{Name: "interface.rx_bytes", Of: fmt.Sprint("e", j), Number: 5})
		}
	}
	now := start
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(10 * time.Second)
		e.Evaluate(now, list)
	}
}
