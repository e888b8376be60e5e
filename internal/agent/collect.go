package agent

import (
	"github.com/prometheus/client_golang/prometheus"
)

// A collector gives how the agent itself is doing to Prometheus.
type collector struct {
	agent *Agent

	up, failures, packets, records, overrun, repaired, unrepaired, members, unsaved *prometheus.Desc
}

func newCollector(a *Agent) *collector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("dropwatch_agent_"+name, help, labels, nil)
	}
	return &collector{
		agent:      a,
		up:         desc("part_up", "1 if a part of the agent runs, 0 if it waits to be started again.", "part"),
		failures:   desc("part_failures_total", "How often a part of the agent ended by itself.", "part"),
		packets:    desc("packets_total", "Datagrams by what became of them before they were looked into.", "kind"),
		records:    desc("records_total", "Parts of records by what became of them; only those taken are kept.", "verdict"),
		overrun:    desc("overrun_total", "Packets and messages that found no room to wait in."),
		repaired:   desc("repaired_total", "Parts of records that came from other collectors."),
		unrepaired: desc("unrepaired_total", "Exchanges with other collectors that failed."),
		members:    desc("members", "Members of the cluster that answer, this one among them."),
		unsaved:    desc("unsaved", "1 if marks against old records could not be saved, else 0."),
	}
}

// Describe is part of prometheus.Collector.
func (c *collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.up, c.failures, c.packets, c.records, c.overrun, c.repaired, c.unrepaired, c.members, c.unsaved} {
		ch <- d
	}
}

// Collect is part of prometheus.Collector. The labels are fixed words.
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	send := func(d *prometheus.Desc, kind prometheus.ValueType, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, kind, value, labels...)
	}
	s := c.agent.Status()
	for _, h := range s.Parts {
		send(c.up, prometheus.GaugeValue, flag(h.Running), h.Name)
		send(c.failures, prometheus.CounterValue, float64(h.Failures), h.Name)
	}
	if s.Peers == nil {
		return
	}
	send(c.members, prometheus.GaugeValue, float64(s.Peers.Members))
	for name, n := range s.Peers.Packets {
		send(c.packets, prometheus.CounterValue, float64(n), name)
	}
	for name, n := range s.Peers.Records {
		send(c.records, prometheus.CounterValue, float64(n), name)
	}
	send(c.overrun, prometheus.CounterValue, float64(s.Peers.Overrun))
	send(c.repaired, prometheus.CounterValue, float64(s.Peers.Repaired))
	send(c.unrepaired, prometheus.CounterValue, float64(s.Peers.Unrepaired))
	send(c.unsaved, prometheus.GaugeValue, flag(s.Peers.Unsaved != ""))
}

func flag(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
