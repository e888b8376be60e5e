package droplog

import (
	"fmt"
	"strings"
	"time"

	"dropwatch/internal/export/logline"
	"dropwatch/internal/report"
)

// Events of the lines.
const (
	EventStart   = "start"
	EventDrop    = "drop"    // a row of an interval
	EventPacket  = "packet"  // a single packet
	EventCounter = "counter" // a counter that rose without a drop
	EventMissed  = "missed"  // what dropwatch failed to see
	EventStop    = "stop"
)

// Columns are the names of the fields that lines can have, for formats that must
// know them before the first line.
func Columns() []string {
	return []string{
		"packets", "bytes", "buffers", "reason", "subsystem", "class", "discard", "origin", "counter",
		"trap", "trap_group", "cookie", "function", "offset", "module", "address",
		"netns", "netns_inode", "interface", "ifindex", "protocol", "transport",
		"process", "pid", "source", "destination", "length", "culprit", "culprit_kind", "cause",
		"object", "delta", "unexplained", "missed", "not_delivered", "suppressed", "unkeyed", "at_least",
		"monitor", "host", "kernel", "lost", "benign", "seconds",
	}
}

// severity is how bad the drops of a class are.
func severity(class string) logline.Severity {
	switch class {
	case "loss":
		return logline.Warning
	case "policy":
		return logline.Notice
	case "benign":
		return logline.Debug
	}
	return logline.Informational
}

// Start is the line at the beginning.
func Start(now time.Time, source, host, kernel string) logline.Record {
	return logline.Record{
		Time: now, Severity: logline.Informational, Event: EventStart,
		Text:   "watching for dropped packets with source " + source,
		Fields: fields(text("monitor", source), text("host", host), text("kernel", kernel)),
	}
}

// Stop is the line at the end, with the sums of the whole time.
func Stop(r *report.Summary) logline.Record {
	said := fmt.Sprintf("stopped after %.0f s: %d packets lost, %d freed as usual", r.Seconds, r.Total.Lost, r.Total.Benign)
	record := logline.Record{Time: r.To, Severity: logline.Informational, Event: EventStop, Text: said}
	record.Fields = fields(
		count("lost", r.Total.Lost), count("benign", r.Total.Benign), count("seconds", uint64(r.Seconds+0.5)),
		nonzero("missed", r.Missed.Events),
	)
	if r.Missed.Any() {
		record.Text += "; missed: " + r.Missed.String()
		record.Severity = logline.Warning
	}
	return record
}

// Interval are the lines of an interval: one for each row, for each counter that
// rose without a drop to explain it, and for what was missed. Nothing happened,
// no line.
func Interval(r *report.Summary) []logline.Record {
	var records []logline.Record
	for i := range r.Drops {
		records = append(records, row(r.To, &r.Drops[i]))
	}
	for i := range r.Counters {
		if c := &r.Counters[i]; c.Loss && !c.Parent && c.Unexplained > 0 {
			records = append(records, counter(r.To, c))
		}
	}
	if r.Missed.Any() {
		records = append(records, missed(r))
	}
	return records
}

func row(now time.Time, d *report.Drop) logline.Record {
	record := logline.Record{Time: now, Severity: severity(d.Class), Event: EventDrop, Fields: dropFields(d)}
	if d.Other {
		record.Severity = logline.Warning
		record.Text = fmt.Sprintf("%s of all other kinds: no room to tell them apart", packets(d.Packets))
		return record
	}
	record.Text = packets(d.Packets) + " " + about(d)
	return record
}

// Packet is the line of a single packet.
func Packet(p *report.Packet) logline.Record {
	said := about(&p.Drop)
	if p.Packets > 1 {
		said = fmt.Sprintf("%d segments %s", p.Packets, said)
	}
	return logline.Record{
		Time: p.Time, Severity: severity(p.Class), Event: EventPacket, Text: said,
		Fields: append(dropFields(&p.Drop), logline.Count("length", uint64(p.Length))),
	}
}

// about is reason, place, owner, culprit and cause, the most telling first.
func about(d *report.Drop) string {
	parts := []string{d.Why()}
	for _, part := range []string{d.Where(), d.Whose()} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if by := d.By(); by != "" {
		parts = append(parts, "by "+by)
	}
	said := strings.Join(parts, ", ")
	if d.Cause != "" {
		said += ": " + d.Cause
	}
	return said
}

func counter(now time.Time, c *report.Counter) logline.Record {
	record := logline.Record{
		Time: now, Severity: logline.Warning, Event: EventCounter,
		Text: fmt.Sprintf("%d unexplained: %s", c.Unexplained, c.Sum()),
	}
	if c.AtLeast {
		record.Severity = logline.Notice // drops were missed that may explain it
	}
	if c.Cause != "" {
		record.Text += ": " + c.Cause
	}
	list := []logline.Field{text("counter", c.Name), count("delta", c.Delta), count("unexplained", c.Unexplained)}
	list = append(list, placeFields(c.NetNS, c.Interface)...)
	record.Fields = fields(append(list, text("object", c.Object), text("cause", c.Cause))...)
	return record
}

func missed(r *report.Summary) logline.Record {
	m := &r.Missed
	atLeast := uint64(0)
	if m.AtLeast {
		atLeast = 1
	}
	return logline.Record{
		Time: r.To, Severity: logline.Warning, Event: EventMissed, Text: "missed: " + m.String(),
		Fields: fields(
			nonzero("missed", m.Events), nonzero("not_delivered", m.Packets), nonzero("suppressed", m.Limited),
			nonzero("unkeyed", m.Unkeyed), nonzero("at_least", atLeast), count("seconds", uint64(r.Seconds+0.5)),
		),
	}
}

func packets(n uint64) string {
	if n == 1 {
		return "1 packet"
	}
	return fmt.Sprintf("%d packets", n)
}
