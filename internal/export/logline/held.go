package logline

import (
	"fmt"
	"time"
)

// held is what a queue holds: records, and notices at the places where records
// are missing.
type held struct {
	items []item // a ring: length is a power of two, or 0
	head  int
	count int

	records int // how many of the items are no notices
	bytes   int
}

type item struct {
	record Record
	size   int
	gap    uint64 // of a notice: how many lines are missing
}

func (i *item) notice() bool { return i.gap > 0 }

func (h *held) push(i item) {
	if h.count == len(h.items) {
		h.grow()
	}
	h.items[(h.head+h.count)&(len(h.items)-1)] = i
	h.count++
	if !i.notice() {
		h.records++
	}
	h.bytes += i.size
}

func (h *held) grow() {
	items := make([]item, max(64, 2*len(h.items)))
	for i := range h.count {
		items[i] = *h.at(i)
	}
	h.items, h.head = items, 0
}

func (h *held) at(i int) *item { return &h.items[(h.head+i)&(len(h.items)-1)] }

// pop removes the first item. Of a notice it returns how many lines are missing.
func (h *held) pop() (gap uint64) {
	i := h.at(0)
	gap = i.gap
	if !i.notice() {
		h.records--
	}
	h.bytes -= i.size
	*i = item{} // let go of the texts
	h.head = (h.head + 1) & (len(h.items) - 1)
	h.count--
	return gap
}

// appendFirst appends records from the first on, up to limits. One is always
// given, however large it is.
func (h *held) appendFirst(to []Record, records, bytes int) []Record {
	for i := range min(h.count, records) {
		it := h.at(i)
		if bytes -= it.size; bytes < 0 && i > 0 {
			break
		}
		to = append(to, it.record)
	}
	return to
}

// A gap is a place in the stream where lines are missing.
type gap struct {
	lines       uint64
	first, last time.Time
	why         error
}

func (g *gap) add(now time.Time, why error) {
	if g.lines == 0 {
		g.first = now
	}
	g.lines++
	g.last, g.why = now, why
}

// record is the line that tells of the gap.
func (g *gap) record(now time.Time) Record {
	const clock = "15:04:05"
	return Record{
		Time:     now,
		Severity: Warning,
		Event:    EventLost,
		Text:     fmt.Sprintf("%s lost between %s and %s: %v", lines(g.lines), g.first.Format(clock), g.last.Format(clock), g.why),
		Fields: []Field{
			Count("lines", g.lines),
			Text("from", g.first.UTC().Format(time.RFC3339Nano)),
			Text("to", g.last.UTC().Format(time.RFC3339Nano)),
			Text("error", g.why.Error()),
		},
	}
}

func lines(n uint64) string {
	if n == 1 {
		return "1 log line"
	}
	return fmt.Sprintf("%d log lines", n)
}

// EventLost is the event of the record that tells how many lines are missing.
const EventLost = "lost"
