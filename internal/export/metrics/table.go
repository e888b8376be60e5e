package metrics

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// A table holds the series of metrics that have the same labels.
type table struct {
	labels []string
	limit  int
	series map[string]*series // by their values
	other  *series            // shown once it counts something
	folded uint64             // how often something went there for want of room
}

// A series is a label set with its two sums.
type series struct {
	values []string
	sums   [2]uint64
	// made are the metrics of the last scrape, of the sums of that time: most
	// series rest most of the time.
	made   [2]prometheus.Metric
	madeOf [2]uint64
}

func newTable(labels []string, limit int) table {
	values := others(len(labels))
	t := table{
		labels: labels, limit: limit,
		series: make(map[string]*series), other: &series{values: values},
	}
	// It is in the map too, so that drops whose labels really are so do not make
	// a second one.
	t.series[key(values)] = t.other
	return t
}

// key cannot mix up values: none of them has a control character.
func key(values []string) string { return strings.Join(values, "\n") }

// size is the number of label sets, without that of the others.
func (t *table) size() int { return len(t.series) - 1 }

// find returns the series of a label set, which may be that for all others.
func (t *table) find(values []string) *series {
	k := key(values)
	if s := t.series[k]; s != nil {
		return s
	}
	if t.size() >= t.limit {
		t.folded++
		return t.other
	}
	s := &series{values: values}
	t.series[k] = s
	return s
}

func (s *series) add(first, second uint64) {
	s.sums[0] += first
	s.sums[1] += second
}

// raise never lowers a sum.
func (s *series) raise(sums [2]uint64) {
	s.sums[0] = max(s.sums[0], sums[0])
	s.sums[1] = max(s.sums[1], sums[1])
}

// metric is the one sum as a metric.
func (s *series) metric(i int, desc *prometheus.Desc) prometheus.Metric {
	if s.made[i] == nil || s.madeOf[i] != s.sums[i] {
		s.made[i], s.madeOf[i] = counter(desc, s.sums[i], s.values...), s.sums[i]
	}
	return s.made[i]
}
