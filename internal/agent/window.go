package agent

import (
	"cmp"
	"slices"
	"time"

	"dropwatch/internal/peer/record"
)

// A window adds up the drops of the last intervals. A record is a datagram: what
// one of them tells is told by the next ones too, so that one that is lost takes
// nothing with it, and who looks once in a while sees all.
type window struct {
	length time.Duration
	top    int // rows of the sum; 0 for all
	past   []told
}

// told is an interval.
type told struct {
	end   time.Time
	drops *record.Drops
}

// rowKey is what rows that are added up have in common.
type rowKey struct {
	reason, subsystem, class, function, netns, device, transport, process, culprit string
}

func keyOf(r *record.Row) rowKey {
	return rowKey{r.Reason, r.Subsystem, r.Class, r.Function, r.NetNS, r.Interface, r.Transport, r.Process, r.Culprit}
}

// add adds an interval and returns the sum of those that began in the window.
func (w *window) add(end time.Time, drops *record.Drops) *record.Drops {
	w.past = append(w.past, told{end, drops})
	w.past = slices.DeleteFunc(w.past, func(t told) bool { return end.Sub(t.end).Abs() >= w.length }) // a clock can be set back
	sum := &record.Drops{Source: drops.Source, Missed: new(uint64), Rows: []record.Row{}, Counters: []record.Counter{}}
	rows := make(map[rowKey]*record.Row)
	counters := make(map[[2]string]*record.Counter)
	classes := make(map[string]uint64)
	for _, t := range w.past {
		d := t.drops
		sum.Seconds += d.Seconds
		sum.Packets += d.Packets
		sum.Lost += d.Lost
		sum.Benign += d.Benign
		sum.AtLeast = sum.AtLeast || d.AtLeast
		if d.Missed != nil {
			*sum.Missed += *d.Missed
		}
		for _, c := range d.Classes {
			classes[c.Class] += c.Packets
		}
		addRows(rows, d.Rows)
		addCounters(counters, d.Counters)
	}
	for _, r := range rows {
		sum.Rows = append(sum.Rows, *r)
	}
	slices.SortFunc(sum.Rows, func(a, b record.Row) int {
		return cmp.Or(cmp.Compare(b.Packets, a.Packets), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Function, b.Function), cmp.Compare(a.NetNS, b.NetNS))
	})
	if w.top > 0 && len(sum.Rows) > w.top {
		sum.Rows = sum.Rows[:w.top]
	}
	for _, c := range counters {
		sum.Counters = append(sum.Counters, *c)
	}
	slices.SortFunc(sum.Counters, func(a, b record.Counter) int {
		return cmp.Or(cmp.Compare(b.Unexplained, a.Unexplained), cmp.Compare(a.Name, b.Name), cmp.Compare(a.NetNS, b.NetNS))
	})
	sum.Classes = classesOf(classes, sum.Seconds)
	return sum
}

func addRows(rows map[rowKey]*record.Row, list []record.Row) {
	for i := range list {
		r := &list[i]
		sum := rows[keyOf(r)]
		if sum == nil {
			c := *r
			c.Bytes = nil
			sum = &c
			sum.Packets = 0
			rows[keyOf(r)] = sum
		}
		sum.Packets += r.Packets
		if r.Bytes != nil {
			bytes := *r.Bytes
			if sum.Bytes != nil {
				bytes += *sum.Bytes
			}
			sum.Bytes = &bytes
		}
		sum.Source, sum.Destination = r.Source, r.Destination // the newest
	}
}

func addCounters(counters map[[2]string]*record.Counter, list []record.Counter) {
	for _, c := range list {
		key := [2]string{c.Name, c.NetNS}
		if counters[key] == nil {
			counters[key] = &record.Counter{Name: c.Name, NetNS: c.NetNS}
		}
		counters[key].Delta += c.Delta
		counters[key].Unexplained += c.Unexplained
	}
}

// classesOf are the classes, those with most packets first.
func classesOf(packets map[string]uint64, seconds float64) (list []record.Class) {
	for class, n := range packets {
		c := record.Class{Class: class, Packets: n}
		if seconds > 0 {
			rate := float64(n) / seconds
			c.Rate = &rate
		}
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b record.Class) int {
		return cmp.Or(cmp.Compare(b.Packets, a.Packets), cmp.Compare(a.Class, b.Class))
	})
	return list
}
