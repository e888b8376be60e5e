package peermetrics

import (
	"slices"
	"strings"

	"dropwatch/internal/cluster"
	"dropwatch/internal/peer/record"
)

const (
	other = "other" // what has no series of its own
	// maxLabel is as many bytes as a label can have.
	maxLabel = 255
)

// report makes the metrics of the drops of all hosts. All that it cannot show by
// itself is in a series of the others, so that their sum is right.
func (s *scrape) report(r *cluster.DropReport) {
	sums := make(map[string]float64)
	var order []string
	labels := make(map[string][]string)
	add := func(values []string, n uint64) {
		k := key(values)
		if _, ok := sums[k]; !ok {
			order = append(order, k)
			labels[k] = values
		}
		sums[k] += float64(n)
	}
	for i := range r.Causes {
		c := &r.Causes[i]
		for _, h := range c.ByHost {
			values := []string{clean(c.Reason), clean(c.Class), clean(h.Host)}
			if _, known := sums[key(values)]; !known && len(sums) >= s.config.MaxSeries {
				s.leftOut++
				values = []string{other, other, other}
			}
			add(values, h.Packets)
		}
	}
	for _, k := range order {
		s.out <- gauge(s.drops, sums[k], labels[k]...)
	}
	s.out <- gauge(s.lost, float64(r.Lost))
	s.out <- gauge(s.missed, float64(r.Missed))
	s.out <- gauge(s.unlisted, float64(r.Unlisted))
	s.out <- gauge(s.twice, float64(r.Twice))
}

// key cannot mix up labels: none of them has a control character.
func key(labels []string) string { return strings.Join(labels, "\n") }

// clean makes a label of what a host told: printable, valid and short.
func clean(text string) string { return record.CleanText(text, maxLabel) }

// sentence makes one of the help of a value.
func sentence(text string) string {
	runes := []rune(text)
	return strings.ToUpper(string(runes[:1])) + string(slices.Clip(runes[1:])) + "."
}
