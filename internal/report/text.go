package report

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// width is the number of columns that text fits into.
const width = 80

// Text says how a summary is written for people.
type Text struct {
	// Advice adds what the drops mean and what to do about them.
	Advice bool
	// Cut keeps lines that are printed while watching within the width of a
	// terminal.
	Cut bool
	// Color marks classes with terminal colours.
	Color bool
}

// Summary writes a whole summary.
func (t Text) Summary(w io.Writer, s *Summary) error {
	var b bytes.Buffer
	t.head(&b, s)
	for i := range s.Drops {
		t.row(&b, &s.Drops[i], s.Seconds)
	}
	if s.More != nil {
		fmt.Fprintf(&b, "\n%d more %s with %s; --top 0 shows all\n", s.More.Rows, plural(s.More.Rows, "row"), packets(s.More.Packets))
	}
	t.counters(&b, s)
	if len(s.Coverage) > 0 {
		b.WriteByte('\n')
	}
	for _, c := range s.Coverage {
		wrap(&b, "not seen: ", strings.Repeat(" ", 10), c.What+": "+c.Why)
	}
	_, err := w.Write(b.Bytes())
	return err
}

func (t Text) head(b *bytes.Buffer, s *Summary) {
	wrap(b, "", "  ", fmt.Sprintf("%s, Linux %s, source %s", s.Host, s.Kernel, s.Source))
	fmt.Fprintf(b, "%s to %s UTC, %.1f s\n",
		s.From.UTC().Format("2006-01-02 15:04:05"), s.To.UTC().Format(time.TimeOnly), s.Seconds)
	if s.Packet != "" {
		wrap(b, "packets: ", strings.Repeat(" ", 9), s.Packet)
	}
	if s.Filter != "" {
		wrap(b, "filter: ", strings.Repeat(" ", 8), s.Filter)
	}
	switch {
	case s.Source == SourceCounters:
		b.WriteString("drops were not watched; this is what counters tell\n")
		return
	case s.Total.Lost == 0 && s.Total.Benign == 0:
		b.WriteString("no packet was dropped")
	case s.Total.Lost == 0:
		b.WriteString("no packet was lost")
	default:
		fmt.Fprintf(b, "%s dropped", packets(s.Total.Lost))
	}
	if s.Total.Benign > 0 {
		fmt.Fprintf(b, ", %d freed as usual (benign; --all shows them)", s.Total.Benign)
	}
	b.WriteByte('\n')
	if s.Missed.Any() {
		wrap(b, "missed: ", strings.Repeat(" ", 8), s.Missed.text())
	}
}

func (m Missed) text() string {
	var parts []string
	add := func(n uint64, text string) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, text))
		}
	}
	add(m.Events, "drops seen by nobody (they are in no number here)")
	add(m.Packets, "packets not delivered, we read too slowly (set a longer --queue)")
	add(m.Limited, "packets held back by the rate limit")
	if m.AtLeast {
		parts = append(parts, "more drops than the source can count: all numbers are at least")
	}
	add(m.Unkeyed, "packets counted without attributes, too many different ones")
	return strings.Join(parts, "; ")
}

// row writes one row, the number and the reason first.
func (t Text) row(b *bytes.Buffer, d *Drop, seconds float64) {
	b.WriteByte('\n')
	if d.Other {
		fmt.Fprintf(b, "%10d  (of all other kinds: no room to tell them apart)\n", d.Packets)
		return
	}
	fmt.Fprintf(b, "%10d  %s  %s", d.Packets, t.class(d.Class), d.Why())
	const indent = "            "
	column := 20 + utf8.RuneCountInString(d.Why())
	also := func(text string) {
		if column += 2 + len(text); column > width {
			b.WriteString("\n" + indent[2:])
			column = len(indent) + len(text)
		}
		b.WriteString("  " + text)
	}
	if seconds > 0 && d.Packets > 1 {
		also(rate(float64(d.Packets)/seconds) + "/s")
	}
	if d.Buffers != d.Packets && d.Buffers > 0 {
		also(fmt.Sprintf("(%d merged %s)", d.Buffers, plural(int(min(d.Buffers, 2)), "buffer")))
	}
	b.WriteByte('\n')
	line := func(label, text string) {
		if text != "" {
			wrap(b, indent+label, indent+strings.Repeat(" ", len(label)), text)
		}
	}
	line("in  ", d.Where())
	line("of  ", d.Whose())
	line("by  ", d.By())
	if t.Advice {
		line("", d.Cause)
		line("-> ", d.Advice)
	}
}

// Why is the reason as text: that of the kernel, a trap, or a counter.
func (d *Drop) Why() string {
	switch {
	case d.Trap != nil:
		return d.Trap.String()
	case d.Counter != "":
		return d.Counter + " (counter)"
	case d.Reason == "":
		return "(no reason)"
	case d.Subsystem != "" && d.Subsystem != "core":
		return d.Subsystem + "/" + d.Reason
	}
	return d.Reason
}

// Where is function, namespace, interface and protocol, as far as known.
func (d *Drop) Where() string {
	var parts []string
	if l := d.Location; l != nil {
		parts = append(parts, l.text())
	}
	var place string
	if d.NetNS != nil {
		place = d.NetNS.String()
	}
	if d.Interface != nil {
		place += ":" + d.Interface.String()
	}
	if place != "" {
		parts = append(parts, strings.TrimPrefix(place, ":"))
	}
	if protocol := strings.TrimSpace(d.Protocol + " " + d.Transport); protocol != "" {
		parts = append(parts, protocol)
	}
	return strings.Join(parts, ", ")
}

// Whose is the process and an example of the packets, or the flow.
func (d *Drop) Whose() string {
	var parts []string
	if d.Process != nil {
		parts = append(parts, d.Process.String())
	}
	switch {
	case d.Flow != nil:
		parts = append(parts, d.Flow.Source+" > "+d.Flow.Destination)
	case d.Sample != nil:
		if d.Process == nil && d.Sample.Process != nil {
			parts = append(parts, d.Sample.Process.String())
		}
		if d.Sample.Source != "" {
			parts = append(parts, fmt.Sprintf("%s > %s (%d bytes)", d.Sample.Source, d.Sample.Destination, d.Sample.Length))
		}
	}
	return strings.Join(parts, ", ")
}

// String is name and number.
func (p *Process) String() string { return fmt.Sprintf("%s (pid %d)", p.Name, p.PID) }

func (l *Location) text() string {
	if l.Symbol == "" {
		return l.Address
	}
	text := fmt.Sprintf("%s+0x%x", l.Symbol, l.Offset)
	if l.Module != "" {
		text += " [" + l.Module + "]"
	}
	return text
}

// String is the name, else the inode.
func (n *NetNS) String() string {
	if n.Name == "" {
		return fmt.Sprintf("netns %d", n.Inode)
	}
	return n.Name
}

// String is the name, else the index.
func (i *Interface) String() string {
	if i.Name == "" {
		return "interface " + strconv.FormatUint(uint64(i.Index), 10)
	}
	return i.Name
}

// colours of the classes, from what matters most to what matters least.
func (t Text) class(class string) string {
	padded := fmt.Sprintf("%-6s", class)
	if !t.Color {
		return padded
	}
	code := map[string]string{"loss": "31", "policy": "33", "peer": "35", "proto": "36", "benign": "2"}[class]
	if code == "" {
		return padded
	}
	return "\x1b[" + code + "m" + padded + "\x1b[0m"
}

func packets(n uint64) string {
	if n == 1 {
		return "1 packet"
	}
	return fmt.Sprintf("%d packets", n)
}

func plural(n int, noun string) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}

func rate(perSecond float64) string {
	if perSecond >= 10 {
		return fmt.Sprintf("%.0f", perSecond)
	}
	return fmt.Sprintf("%.1f", perSecond)
}

// wrap writes words in lines of the usual width. A word that is longer stands
// on a line of its own: cutting it would lose what it says.
func wrap(b *bytes.Buffer, first, rest, text string) {
	line := first
	used := false
	for word := range strings.FieldsSeq(text) {
		if used && len(line)+1+len(word) > width {
			b.WriteString(strings.TrimRight(line, " "))
			b.WriteByte('\n')
			line, used = rest, false
		}
		if used {
			line += " "
		}
		line += word
		used = true
	}
	b.WriteString(strings.TrimRight(line, " "))
	b.WriteByte('\n')
}
