package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"
)

// Counters writes counters for people, with what they mean if Advice is set.
// What could not be read is left to [Counters.Notes].
func (t Text) Counters(w io.Writer, c *Counters) error {
	var b bytes.Buffer
	c.head(&b)
	if len(c.Counters) == 0 {
		b.WriteString(c.nothing())
	}
	for i := range c.Counters {
		row := &c.Counters[i]
		if i == 0 || !row.sameNetNS(&c.Counters[i-1]) {
			b.WriteByte('\n')
		}
		row.write(&b, "", t.Advice)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// CounterLines writes one line for each counter, for watching. A line that is
// too long goes on in the next one.
func (t Text) CounterLines(w io.Writer, c *Counters) error {
	var b bytes.Buffer
	stamp := c.To.Local().Format(time.TimeOnly)
	for i := range c.Counters {
		c.Counters[i].write(&b, stamp, false)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// Notes are what could not be read, a line each.
func (c *Counters) Notes() []string {
	var notes []string
	for _, coverage := range c.Coverage {
		notes = append(notes, "not seen: "+coverage.What+": "+coverage.Why)
	}
	return notes
}

func (c *Counters) head(b *bytes.Buffer) {
	where := fmt.Sprintf("%d network %s", len(c.NetNS), plural(len(c.NetNS), "namespace"))
	wrap(b, "", "  ", fmt.Sprintf("%s, Linux %s, %s", c.Host, c.Kernel, where))
	if c.SinceBoot {
		fmt.Fprintf(b, "%s UTC, all that was counted since boot\n", c.To.UTC().Format(time.DateTime))
		return
	}
	fmt.Fprintf(b, "%s to %s UTC, %.1f s\n", c.From.UTC().Format(time.DateTime), c.To.UTC().Format(time.TimeOnly), c.Seconds)
}

func (c *Counters) nothing() string {
	if c.SinceBoot {
		return "no counter that means loss is above zero\n"
	}
	return "no counter that means loss rose\n"
}

func (r *CounterRow) sameNetNS(o *CounterRow) bool {
	if r.NetNS == nil || o.NetNS == nil {
		return r.NetNS == o.NetNS
	}
	return *r.NetNS == *o.NetNS
}

// usualNumber is as wide as a number is unless it is a very large one.
const usualNumber = 26

// write writes the number and whose it is, which goes on in further lines if it
// has to.
func (r *CounterRow) write(b *bytes.Buffer, stamp string, meaning bool) {
	number := stamp + r.number()
	indent := strings.Repeat(" ", min(len(number), len(stamp)+usualNumber)+2)
	if len(number)+len(r.Name) > width {
		b.WriteString(strings.TrimRight(number, " ") + "\n")
		number = indent[:max(0, min(len(indent), width-len(r.Name)))]
	}
	wrap(b, number, indent, r.title())
	if meaning && r.Meaning != "" {
		wrap(b, indent, indent, r.Meaning)
	}
}

// number is how many, and how many a second where that is known.
func (r *CounterRow) number() string {
	if r.PerSecond == nil {
		return fmt.Sprintf("%12d  ", r.Delta)
	}
	return fmt.Sprintf("%12d %9s/s  ", r.Delta, rate(*r.PerSecond))
}

// title is which counter, and what has to be known of its number.
func (r *CounterRow) title() string {
	title := r.Name + "  " + r.where()
	for _, note := range []struct {
		so   bool
		text string
	}{
		{r.Parent, "its children count the same packets"},
		{r.Appeared, "new"},
		{r.Reset, "began anew at 0 meanwhile"},
		{r.Wrapped, "overflowed meanwhile"},
	} {
		if note.so {
			title += "  (" + note.text + ")"
		}
	}
	return title
}

func (r *CounterRow) where() string {
	parts := []string{"of the whole host"}
	if r.NetNS != nil {
		parts[0] = "in " + clean(r.NetNS.String())
	}
	if r.Interface != nil {
		parts[0] += ":" + clean(r.Interface.String())
	}
	if r.Object != "" {
		parts = append(parts, clean(r.Object))
	}
	return strings.Join(parts, ", ")
}
