package metrics

import (
	"cmp"
	"net/http"
	"runtime"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"dropwatch/internal/report"
)

// A Config says how finely drops are told apart. Each of the labels can multiply
// the number of series, so none is there unless it is asked for.
type Config struct {
	PerInterface bool // label "interface"
	PerNetNS     bool // label "netns" of drops; the kernel's counters always have it
	PerLocation  bool // label "location", the function that dropped
	// MaxSeries is how many label sets drops can have, and again the counters
	// of the kernel; what comes later counts as "other". 0 means 1000.
	MaxSeries int
	// Version is that of the program.
	Version string
}

const (
	defaultMaxSeries = 1000
	// maxScrapes is how many scrapes may go on at once; more are told to come
	// again.
	maxScrapes = 8
)

// Metrics are the sums of all reports so far. Its methods may be called
// concurrently; a scrape shows a report wholly or not at all.
type Metrics struct {
	config   Config
	registry *prometheus.Registry
	descs    descs

	mu         sync.Mutex
	drops      table // packets, bytes
	losses     table // rise, the part without an explanation
	missed     report.Missed
	started    time.Time
	source     string
	kernel     string
	goVersion  string
	appVersion string
}

// New makes metrics of nothing yet.
func New(config Config) *Metrics {
	if config.MaxSeries < 1 {
		config.MaxSeries = defaultMaxSeries
	}
	m := &Metrics{
		config:     config,
		registry:   prometheus.NewRegistry(),
		drops:      newTable(config.dropLabels(), config.MaxSeries),
		losses:     newTable(config.lossLabels(), config.MaxSeries),
		goVersion:  runtime.Version(),
		appVersion: clean(cmp.Or(config.Version, "unknown")),
	}
	m.descs = newDescs(m.drops.labels, m.losses.labels)
	m.registry.MustRegister(m.collector(), collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Observe adds a report of one interval: its drops, what it missed, and the
// rises of counters that mean loss. The report is not kept.
func (m *Metrics) Observe(r *report.Summary) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.started.IsZero() {
		m.started = r.From
	}
	if r.Source != "" {
		m.source, m.kernel = clean(r.Source), clean(r.Kernel)
	}
	m.missed.Events += r.Missed.Events
	m.missed.Packets += r.Missed.Packets
	m.missed.Limited += r.Missed.Limited
	m.missed.Unkeyed += r.Missed.Unkeyed
	m.missed.AtLeast = m.missed.AtLeast || r.Missed.AtLeast
	m.addDrops(r)
	for i := range r.Counters {
		if c := &r.Counters[i]; countable(c) {
			m.losses.find(m.config.lossValues(c)).add(c.Delta, c.Unexplained)
		}
	}
}

// addDrops adds the rows, and then what the report has in its total only: benign
// drops that it does not show, and rows that it left out.
func (m *Metrics) addDrops(r *report.Summary) {
	rest := r.Total
	for i := range r.Drops {
		d := &r.Drops[i]
		if d.Packets == 0 && d.Bytes == 0 {
			continue
		}
		s := m.drops.other
		if !d.Other {
			s = m.drops.find(m.config.dropValues(d))
		}
		s.add(d.Packets, d.Bytes)
		rest.Packets = less(rest.Packets, d.Packets)
		rest.Bytes = less(rest.Bytes, d.Bytes)
		if d.Class == benign {
			rest.Benign = less(rest.Benign, d.Packets)
		}
	}
	if rest.Packets == 0 && rest.Bytes == 0 {
		return
	}
	hidden := min(rest.Benign, rest.Packets)
	if hidden == 0 || hidden < rest.Packets {
		// Of the bytes nobody knows which of the two they belong to.
		m.drops.other.add(rest.Packets-hidden, rest.Bytes)
		rest.Bytes = 0
	}
	if hidden > 0 {
		m.drops.find(m.config.hiddenValues()).add(hidden, rest.Bytes)
	}
}

// less is what is left of a total.
func less(total, part uint64) uint64 { return total - min(total, part) }

// SetCounters takes the counters of a report of the whole watch, where Observe
// adds those of an interval: a program uses the one or the other. A counter that
// is smaller than it was, as its part without an explanation can become, keeps
// its value.
func (m *Metrics) SetCounters(list []report.Counter) {
	m.mu.Lock()
	defer m.mu.Unlock()
	sums := make(map[*series][2]uint64)
	for i := range list {
		c := &list[i]
		if !countable(c) {
			continue
		}
		s := m.losses.find(m.config.lossValues(c))
		sum := sums[s]
		sums[s] = [2]uint64{sum[0] + c.Delta, sum[1] + c.Unexplained}
	}
	for s, sum := range sums {
		s.raise(sum)
	}
}

// countable tells whether a counter says that packets were lost, and says so
// alone: the parent of a queueing discipline counts what its children count.
func countable(c *report.Counter) bool { return c.Loss && !c.Parent && c.Delta > 0 }

// Register adds metrics of others, whose names must differ. It fails when they do
// not.
func (m *Metrics) Register(c prometheus.Collector) error { return m.registry.Register(c) }

// Handler answers scrapes: as OpenMetrics or as text, compressed or not, as the
// scraper asks.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		EnableOpenMetrics:   true,
		MaxRequestsInFlight: maxScrapes,
		Registry:            nil, // no metrics about the metrics
	})
}
