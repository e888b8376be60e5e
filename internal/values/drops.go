package values

import "dropwatch/internal/peer/record"

// drops adapts what a report of drops has once.
func drops(get func(*record.Drops) float64) func(*record.Report, func(string, float64)) {
	return func(r *record.Report, found func(string, float64)) {
		if r.Drops != nil {
			found("", get(r.Drops))
		}
	}
}

// rate is per second of the time a report tells of.
func rate(n uint64, d *record.Drops) float64 {
	if d.Seconds <= 0 {
		return 0
	}
	return float64(n) / d.Seconds
}

// byReason adds up rows of a reason; a row without one has its function.
func byReason(r *record.Report, found func(string, float64), number func(uint64, *record.Drops) float64) {
	if r.Drops == nil {
		return
	}
	sums := make(map[string]uint64)
	var order []string
	for i := range r.Drops.Rows {
		row := &r.Drops.Rows[i]
		reason := row.Reason
		if reason == "" {
			reason = row.Function
		}
		if reason == "" {
			continue
		}
		if _, ok := sums[reason]; !ok {
			order = append(order, reason)
		}
		sums[reason] += row.Packets
	}
	for _, reason := range order {
		found(reason, number(sums[reason], r.Drops))
	}
}

var dropKinds = []kind{
	{"drops.lost", "", Packets, "packets lost in the drops.window of the host", drops(func(d *record.Drops) float64 { return float64(d.Lost) })},
	{"drops.lost_rate", "", PerSecond, "packets lost", drops(func(d *record.Drops) float64 { return rate(d.Lost, d) })},
	{"drops.missed", "", Packets, "drops that the host failed to see in its drops.window", func(r *record.Report, found func(string, float64)) {
		if r.Drops != nil && r.Drops.Missed != nil {
			found("", float64(*r.Drops.Missed))
		}
	}},
	{"drops.class_rate", "class", PerSecond, "drops of a class: loss, policy, peer, proto, benign", func(r *record.Report, found func(string, float64)) {
		if r.Drops == nil {
			return
		}
		for _, c := range r.Drops.Classes {
			if c.Rate != nil {
				found(c.Class, *c.Rate)
			} else {
				found(c.Class, rate(c.Packets, r.Drops))
			}
		}
	}},
	{"drops.packets", "reason", Packets, "drops of a reason in the drops.window of the host", func(r *record.Report, found func(string, float64)) {
		byReason(r, found, func(n uint64, _ *record.Drops) float64 { return float64(n) })
	}},
	{"drops.rate", "reason", PerSecond, "drops of a reason", func(r *record.Report, found func(string, float64)) {
		byReason(r, found, rate)
	}},
	{"counter", "counter", Packets, "how far a counter of losses rose in the drops.window of the host", func(r *record.Report, found func(string, float64)) {
		sumCounters(r, found, func(c *record.Counter) uint64 { return c.Delta })
	}},
	{"counter.unexplained", "counter", Packets, "what a counter of losses rose more than the drops that were seen", func(r *record.Report, found func(string, float64)) {
		sumCounters(r, found, func(c *record.Counter) uint64 { return c.Unexplained })
	}},
}

// sumCounters adds up a counter over network namespaces.
func sumCounters(r *record.Report, found func(string, float64), get func(*record.Counter) uint64) {
	if r.Drops == nil {
		return
	}
	sums := make(map[string]uint64)
	var order []string
	for i := range r.Drops.Counters {
		c := &r.Drops.Counters[i]
		if _, ok := sums[c.Name]; !ok {
			order = append(order, c.Name)
		}
		sums[c.Name] += get(c)
	}
	for _, name := range order {
		found(name, float64(sums[name]))
	}
}
