package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"
)

// Diff writes a difference for people, at most top rows of drops and of
// counters; 0 means all.
func (t Text) Diff(w io.Writer, d *Diff, top int) error {
	var b bytes.Buffer
	d.Old.write(&b, "before")
	d.New.write(&b, "after")
	b.WriteString("\n" + changeHead + "\n")
	b.WriteString(d.Lost.text() + "packets lost\n")
	for i := range d.Drops {
		if left(&b, i, top, len(d.Drops)) {
			break
		}
		d.Drops[i].write(&b)
	}
	for i := range d.Counters {
		if i == 0 {
			b.WriteString("\ncounters of the kernel\n" + changeHead + "\n")
		}
		if left(&b, i, top, len(d.Counters)) {
			break
		}
		c := &d.Counters[i]
		text := c.Change.text()
		wrap(&b, text, strings.Repeat(" ", len(text)), strings.Join(nonEmpty(c.Name, inPlace(c.NetNS, c.Interface, c.Object), c.state()), " "))
	}
	_, err := w.Write(b.Bytes())
	return err
}

// left tells that enough rows were written, and how many there are more.
func left(b *bytes.Buffer, i, top, all int) bool {
	if top < 1 || i < top {
		return false
	}
	fmt.Fprintf(b, "%d more %s; --top 0 shows all\n", all-i, plural(all-i, "row"))
	return true
}

const changeHead = "    before/s     after/s      change"

func (c Change) text() string {
	return fmt.Sprintf("%12s%12s%12s  ", rate(c.Old), rate(c.New), signed(c.Change))
}

func (c Change) state() string {
	if c.State == "" {
		return ""
	}
	return "(" + c.State + ")"
}

func signed(perSecond float64) string {
	if perSecond < 0 {
		return "-" + rate(-perSecond)
	}
	return "+" + rate(perSecond)
}

func (s *DiffSide) write(b *bytes.Buffer, label string) {
	label = fmt.Sprintf("%-8s", label)
	wrap(b, label, strings.Repeat(" ", len(label)), fmt.Sprintf("%s, Linux %s, source %s, %s UTC, %.1f s",
		s.Host, s.Kernel, s.Source, s.From.UTC().Format(time.DateTime), s.Seconds))
}

func (d *DiffDrop) write(b *bytes.Buffer) {
	text := d.Change.text()
	rest := strings.Repeat(" ", len(text))
	wrap(b, text, rest, strings.Join(nonEmpty(d.Reason, d.Class, d.state()), " "))
	if where := strings.Join(nonEmpty(d.Function, inPlace(d.NetNS, d.Interface, ""), d.Protocol), ", "); where != "" {
		wrap(b, rest+"  ", rest+"  ", where)
	}
}

func inPlace(netns, device, object string) string {
	place := netns
	if device != "" {
		place = strings.TrimPrefix(place+":"+device, ":")
	}
	return strings.Join(nonEmpty(place, object), ", ")
}
