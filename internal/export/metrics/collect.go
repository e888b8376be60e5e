package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// descs are the metrics, in the order in which they are made.
type descs struct {
	packets, bytes             *prometheus.Desc
	losses, unexplained        *prometheus.Desc
	missedEvents, missed       *prometheus.Desc
	unkeyed, incomplete        *prometheus.Desc
	series, limit, folded      *prometheus.Desc
	build, source, startedTime *prometheus.Desc
}

func newDescs(drops, losses []string) descs {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(prometheus.BuildFQName("dropwatch", "", name), help, labels, nil)
	}
	return descs{
		packets:      desc("drop_packets_total", "Packets that the kernel or a network device dropped, benign drops included.", drops...),
		bytes:        desc("drop_bytes_total", "Bytes of the packets that were dropped, as far as they are known.", drops...),
		losses:       desc("kernel_losses_total", "Rises of kernel counters that mean loss. One packet can raise several.", losses...),
		unexplained:  desc("kernel_losses_unexplained_total", "Rises of kernel counters that mean loss and that no drop explains.", losses...),
		missedEvents: desc("missed_events_total", "Drops that dropwatch failed to count."),
		missed:       desc("missed_packets_total", "Single packets that were counted but not delivered: too many at once (slow), or held back by the rate limit (limited).", "why"),
		unkeyed:      desc("unkeyed_packets_total", "Dropped packets that were counted without attributes, in the series of the others."),
		incomplete:   desc("incomplete", "1 if there were more drops than were counted and nobody knows how many, else 0."),
		series:       desc("series", "Label sets of the metrics of drops and of losses, without that of the others.", "of"),
		limit:        desc("series_limit", "Label sets that each of them can have; what comes later is counted with all labels \"other\"."),
		folded:       desc("series_other_total", "How often something was counted with all labels \"other\" because there were too many label sets.", "of"),
		build:        desc("build_info", "Always 1; the version of dropwatch.", "version", "goversion"),
		source:       desc("source_info", "Always 1; where drops are seen and in which kernel.", "source", "kernel"),
		startedTime:  desc("start_time_seconds", "Unix time from which drops are counted."),
	}
}

// A collector gives the metrics to a registry.
type collector struct{ m *Metrics }

func (m *Metrics) collector() prometheus.Collector { return collector{m} }

// Describe is part of prometheus.Collector.
func (c collector) Describe(ch chan<- *prometheus.Desc) {
	d := &c.m.descs
	for _, desc := range []*prometheus.Desc{
		d.packets, d.bytes, d.losses, d.unexplained, d.missedEvents, d.missed, d.unkeyed, d.incomplete,
		d.series, d.limit, d.folded, d.build, d.source, d.startedTime,
	} {
		ch <- desc
	}
}

// Collect is part of prometheus.Collector. Only after all values are taken it
// hands them on, so that a report is not added in between.
func (c collector) Collect(ch chan<- prometheus.Metric) {
	for _, metric := range c.m.snapshot() {
		ch <- metric
	}
}

func (m *Metrics) snapshot() []prometheus.Metric {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := make([]prometheus.Metric, 0, 2*(len(m.drops.series)+len(m.losses.series))+16)
	list = m.drops.appendTo(list, m.descs.packets, m.descs.bytes)
	list = m.losses.appendTo(list, m.descs.losses, m.descs.unexplained)
	return m.appendState(list)
}

func (t *table) appendTo(list []prometheus.Metric, first, second *prometheus.Desc) []prometheus.Metric {
	for _, s := range t.series {
		if s == t.other && s.sums == [2]uint64{} {
			continue
		}
		list = append(list, s.metric(0, first), s.metric(1, second))
	}
	return list
}

// appendState appends what says how far the sums can be trusted.
func (m *Metrics) appendState(list []prometheus.Metric) []prometheus.Metric {
	d := &m.descs
	incomplete := 0.0
	if m.missed.AtLeast {
		incomplete = 1
	}
	list = append(list,
		counter(d.missedEvents, m.missed.Events),
		counter(d.missed, m.missed.Packets, "slow"),
		counter(d.missed, m.missed.Limited, "limited"),
		counter(d.unkeyed, m.missed.Unkeyed),
		gauge(d.incomplete, incomplete),
		gauge(d.series, float64(m.drops.size()), "drops"),
		gauge(d.series, float64(m.losses.size()), "losses"),
		gauge(d.limit, float64(m.config.MaxSeries)),
		counter(d.folded, m.drops.folded, "drops"),
		counter(d.folded, m.losses.folded, "losses"),
		gauge(d.build, 1, m.appVersion, m.goVersion),
	)
	if m.source != "" {
		list = append(list, gauge(d.source, 1, m.source, m.kernel))
	}
	if !m.started.IsZero() {
		list = append(list, gauge(d.startedTime, seconds(m.started)))
	}
	return list
}

// seconds keeps milliseconds; a float has no room for more.
func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// counter cannot fail: the values are clean and as many as the labels. Numbers
// above 2^53 are rounded, as all numbers of Prometheus are.
func counter(d *prometheus.Desc, value uint64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(value), labels...)
}

func gauge(d *prometheus.Desc, value float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
}
