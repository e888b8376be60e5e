package cluster

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// How many a text shows; JSON has all.
const (
	shownHosts  = 3  // of a cause
	shownPairs  = 3  // of a cause
	shownRates  = 10 // hosts by rate
	shownSilent = 20
)

// Write writes the report as text: outliers, then causes with most packets
// first, then the hosts that lose most.
func (r *DropReport) Write(w io.Writer) error {
	var b strings.Builder
	r.writeTotals(&b)
	n := slices.IndexFunc(r.ByHost, func(h HostDrops) bool { return !h.Outlier })
	if n < 0 {
		n = len(r.ByHost)
	}
	r.writeHosts(&b, "outliers, whose loss is at least 10 times the median of the others:", r.ByHost[:n])
	r.writeCauses(&b)
	r.writeHosts(&b, "hosts that lose most:", slices.DeleteFunc(slices.Clone(r.ByHost[n:]), func(h HostDrops) bool { return h.Lost == 0 }))
	r.writeUnknown(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *DropReport) writeTotals(b *strings.Builder) {
	lost := count64(r.Lost, "packet", "packets") + " lost on " + count(r.Hosts, "host", "hosts")
	if r.Since != nil {
		lost += fmt.Sprintf(" since %s (%s)", r.Since.Local().Format("2006-01-02 15:04:05"), brief(r.Seconds))
	} else {
		lost += " lately (in the drops.window of each)"
	}
	b.WriteString(paragraph(lost))
	if r.Missed > 0 {
		b.WriteString(paragraph("missed: " + count64(r.Missed, "drop", "drops") + " that no host could count"))
	}
	if r.Twice > 0 {
		b.WriteString(paragraph(count64(r.Twice, "packet", "packets") + " seen from both ends, counted once"))
	}
}

func (r *DropReport) writeHosts(b *strings.Builder, title string, list []HostDrops) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s\n", title)
	t := new(table)
	for _, h := range list[:min(len(list), shownRates)] {
		name := h.Host
		if len(h.SameKernel) > 0 {
			name += " (one kernel with " + first(h.SameKernel, shownHosts, strings.Clone) + ")"
		}
		t.add(fmt.Sprintf("%10s/s", perSecond(h.Rate)), fmt.Sprintf("%10d", h.Lost), h.Reason, name)
	}
	t.flush(b)
	if more := list[min(len(list), shownRates):]; len(more) > 0 {
		var rest uint64
		for _, h := range more {
			rest = plus(rest, h.Lost)
		}
		fmt.Fprintf(b, "%s with %d\n", count(len(more), "more", "more"), rest)
	}
}

func (r *DropReport) writeCauses(b *strings.Builder) {
	if len(r.Causes) == 0 && r.Unlisted == 0 {
		return
	}
	b.WriteString("\nby reason:\n")
	t := new(table)
	for i := range r.Causes {
		c := &r.Causes[i]
		list := first(c.ByHost, shownHosts, func(h HostPackets) string { return fmt.Sprintf("%s %d", h.Host, h.Packets) })
		t.add(fmt.Sprintf("%10d", c.Packets), c.Class, c.Reason, list)
		for _, p := range c.Also[:min(len(c.Also), shownPairs)] {
			t.add("", "", "", fmt.Sprintf("%d seen from both ends: %s and %s (%s)", p.Packets, p.Host, p.Other, p.Reason))
		}
		if more := len(c.Also) - shownPairs; more > 0 {
			t.add("", "", "", count(more, "more pair of hosts", "more pairs of hosts"))
		}
	}
	if r.Unlisted > 0 {
		t.add(fmt.Sprintf("%10d", r.Unlisted), "", "(others)", "reasons that found no room in the records")
	}
	t.flush(b)
}

func (r *DropReport) writeUnknown(b *strings.Builder) {
	if len(r.Partly) > 0 {
		list := first(r.Partly, shownSilent, func(c Coverage) string { return c.Host + " " + brief(c.Seconds) })
		b.WriteString("\n" + paragraph(fmt.Sprintf("not all of %s is covered: %s", brief(r.Seconds), list)))
	}
	if len(r.Silent) > 0 {
		b.WriteString("\n" + paragraph("no drop report from: "+first(r.Silent, shownSilent, strings.Clone)))
	}
}

// perSecond has places for what is seldom.
func perSecond(rate float64) string {
	if rate < 1 {
		return fmt.Sprintf("%.3f", rate)
	}
	return fmt.Sprintf("%.1f", rate)
}

// brief is a time with the two largest of its units.
func brief(seconds float64) string {
	d := time.Duration(max(seconds, 0) * float64(time.Second)).Round(time.Second)
	days, d := d/(24*time.Hour), d%(24*time.Hour)
	hours, d := d/time.Hour, d%time.Hour
	minutes, rest := d/time.Minute, d%time.Minute/time.Second
	parts := []struct {
		n    time.Duration
		unit string
	}{{days, "d"}, {hours, "h"}, {minutes, "m"}, {rest, "s"}}
	for i, p := range parts {
		if p.n == 0 {
			continue
		}
		text := fmt.Sprintf("%d%s", p.n, p.unit)
		if i+1 < len(parts) && parts[i+1].n > 0 {
			text += fmt.Sprintf("%d%s", parts[i+1].n, parts[i+1].unit)
		}
		return text
	}
	return "0s"
}

func count(n int, one, many string) string { return count64(uint64(max(n, 0)), one, many) }

func count64(n uint64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
