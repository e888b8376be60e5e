package main

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"dropwatch/internal/config"
)

// The configurations are right, and mostly the default.
func TestAgentPlans(t *testing.T) {
	s := &stable{dir: "/dir"}
	together := 0
	var hears []int
	for _, plan := range slices.Concat(agentPlans()...) {
		c, err := config.Read(strings.NewReader(plan.config(s)))
		if err != nil {
			t.Errorf("%s: %v", plan.host, err)
			continue
		}
		if c.Interval != interval || !c.Status.Enabled || !c.History.Enabled || !c.Drops.Enabled || c.Drops.Source != "ebpf" || c.State.Peers != "/dir/"+plan.host+"/peers" {
			t.Errorf("%s: %+v", plan.host, c)
		}
		if c.Peers.Enabled {
			together++
		}
		if plan.measured == idleCollector {
			hears = append(hears, plan.hears)
		}
	}
	if len(hears) != 1 || hears[0] != together {
		t.Errorf("collectors hear %v hosts of %d", hears, together)
	}
}

func TestCountSeries(t *testing.T) {
	const text = "# HELP a What.\n# TYPE a gauge\na 1\n\na{b=\"#\"} 2\n# EOF\n"
	if n := countSeries([]byte(text)); n != 2 {
		t.Errorf("%d series", n)
	}
}

func TestPrintIdled(t *testing.T) {
	metrics := &scraped{series: 134, times: series{3, 4, 9}}
	m := idled{busy: series{12.3, 4}, list: []*idler{
		{name: idleAlone, agent: &agentPlan{}, shares: series{0.2, 0.3, 0.7}, memory: resident{now: 39, peak: 41}, ready: 250 * time.Millisecond, drops: 7},
		{name: idleCollector, failed: errors.New("not there")},
		{name: idleScraped, metrics: metrics, shares: series{0.3, 0.3, 0.3}, memory: resident{now: 40, peak: 40, anonymous: 20}},
		{name: idleExporter, metrics: metrics, shares: series{0.1, 0.2, 0.3}, memory: resident{now: 20, peak: 25, anonymous: 10}},
	}}
	var out bytes.Buffer
	if err := printIdled(&out, m); err != nil {
		t.Fatal(err)
	}
	if err := printTargets(&out, idleTargets(m)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"3 intervals\nof 10s", "busy 12 % of",
		"  agent                             0.200    0.300   0.700  0.400  39.0    0.0        0.0    41.0  0.25            7\n",
		"  agent, a collector of 5 hosts     left out: not there\n",
		"  agent, asked for metrics: 134 series in 4.0 ms (median)\n",
		"CPU 1.50, memory 2.00, anonymous 2.00, peak 1.60\n",
		"  agent: CPU of one core                               at most 0.5 %  0.20, 0.40 %     met\n",
		"  agent: peak resident memory                          at most 40 MB  39.00, 41.00 MB  missed\n",
		"  agent, a collector of 5 hosts: CPU of one core       at most 0.5 %  -                not measured\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in:\n%s", want, out.String())
		}
	}
}
