package peermetrics

import (
	"cmp"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"dropwatch/internal/cluster"
	"dropwatch/internal/values"
)

// A Config says what is collected.
type Config struct {
	// View is asked at each scrape, and may be called concurrently. An error
	// fails the scrape.
	View func() (*cluster.View, error)
	// Drops is asked too, for the drops of all hosts of a view; nil means those
	// they told last.
	Drops func(*cluster.View) (*cluster.DropReport, error)
	// MaxSeries is how many label sets each metric can have; 0 means 10000. Drops
	// beyond that are counted as other, other numbers are left out.
	MaxSeries int
}

const defaultMaxSeries = 10000

// A Collector makes metrics of what hosts told. It keeps nothing, and may be used
// concurrently.
type Collector struct {
	config Config
	kinds  map[string]*prometheus.Desc // by the name of the value

	heard, hosts, hostsUp, lost, missed *prometheus.Desc
	drops, unlisted, twice, leftOut     *prometheus.Desc
}

var _ prometheus.Collector = (*Collector)(nil)

// New makes a collector to be registered.
func New(config Config) *Collector {
	if config.MaxSeries < 1 {
		config.MaxSeries = defaultMaxSeries
	}
	if config.Drops == nil {
		config.Drops = func(v *cluster.View) (*cluster.DropReport, error) { return v.Drops(), nil }
	}
	c := &Collector{config: config, kinds: make(map[string]*prometheus.Desc)}
	for _, k := range values.Kinds() {
		labels := []string{"host"}
		if k.Of != "" {
			labels = append(labels, k.Of)
		}
		c.kinds[k.Name] = prometheus.NewDesc(metricName(&k), sentence(k.Help), labels, nil)
	}
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, labels, nil)
	}
	c.heard = desc("host_last_heard_seconds", "Unix time of the last record of a host.", "host")
	c.hosts = desc("cluster_hosts", "Hosts that are known.")
	c.hostsUp = desc("cluster_hosts_up", "Hosts that were heard lately.")
	c.lost = desc("cluster_lost_packets", "Packets that all hosts lost in the time of their reports, each counted once.")
	c.missed = desc("cluster_missed_drops", "Drops that no host could count.")
	c.drops = desc("cluster_drop_packets", "Drops of a reason in the time of the reports, by the host that counts them; each is counted once.", "reason", "class", "host")
	c.unlisted = desc("cluster_unlisted_packets", "Lost packets whose reasons found no room in the records.")
	c.twice = desc("cluster_seen_twice_packets", "Drops that two hosts saw from both ends, and that are counted once.")
	c.leftOut = desc("cluster_series_left_out", "Label sets of this scrape that have no series of their own, because there were too many.")
	return c
}

// Describe is part of prometheus.Collector.
func (c *Collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range c.kinds {
		ch <- d
	}
	for _, d := range []*prometheus.Desc{c.heard, c.hosts, c.hostsUp, c.lost, c.missed, c.drops, c.unlisted, c.twice, c.leftOut} {
		ch <- d
	}
}

// Collect is part of prometheus.Collector.
func (c *Collector) Collect(ch chan<- prometheus.Metric) {
	v, err := c.config.View()
	if err != nil {
		ch <- prometheus.NewInvalidMetric(c.hosts, fmt.Errorf("read what hosts told: %w", err))
		return
	}
	r, err := c.config.Drops(v)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(c.drops, fmt.Errorf("read drops of hosts: %w", err))
		return
	}
	s := scrape{Collector: c, out: ch, used: make(map[*prometheus.Desc]map[string]bool)}
	s.view(v)
	s.report(r)
	s.out <- gauge(c.leftOut, float64(s.leftOut))
}

// A scrape knows which series it has made.
type scrape struct {
	*Collector
	out     chan<- prometheus.Metric
	used    map[*prometheus.Desc]map[string]bool
	leftOut int
}

func (s *scrape) view(v *cluster.View) {
	up := 0
	names := make(map[string]bool, len(v.Hosts))
	for i := range v.Hosts {
		h := &v.Hosts[i]
		if h.Up {
			up++
		}
		name := clean(cmp.Or(h.Name, h.ID.String()))
		if names[name] { // a host that was set up anew under its name
			name = clean(h.Name + " " + h.ID.String())
		}
		names[name] = true
		for _, value := range h.Values(v.Time) {
			d := s.kinds[value.Name]
			labels := []string{name}
			if value.Of != "" {
				labels = append(labels, clean(value.Of))
			}
			s.add(d, value.Number, labels...)
		}
		s.add(s.heard, seconds(h.Last), name)
	}
	s.out <- gauge(s.hosts, float64(len(v.Hosts)))
	s.out <- gauge(s.hostsUp, float64(up))
}

// add makes a series, unless there are too many or it is there.
func (s *scrape) add(d *prometheus.Desc, number float64, labels ...string) {
	if s.take(d, labels) {
		s.out <- gauge(d, number, labels...)
	} else {
		s.leftOut++
	}
}

func (s *scrape) take(d *prometheus.Desc, labels []string) bool {
	used := s.used[d]
	if used == nil {
		used = make(map[string]bool)
		s.used[d] = used
	}
	k := key(labels)
	if len(used) >= s.config.MaxSeries || used[k] {
		return false
	}
	used[k] = true
	return true
}

// seconds keeps milliseconds; a float has no room for more.
func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// gauge cannot fail: the labels are clean and as many as they should be.
func gauge(d *prometheus.Desc, number float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, number, labels...)
}
