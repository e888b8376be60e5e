package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// A Status is the verdict of a check, with the number that monitoring systems
// want as exit status.
type Status int

// Statuses.
const (
	StatusOK Status = iota
	StatusWarning
	StatusCritical
	StatusUnknown
)

func (s Status) String() string {
	switch s {
	case StatusOK:
		return "OK"
	case StatusWarning:
		return "WARNING"
	case StatusCritical:
		return "CRITICAL"
	}
	return "UNKNOWN"
}

// A Check is a verdict for a monitoring system.
type Check struct {
	Status Status
	Text   string // one line
	Perf   []Perf
	Long   []string // further lines
}

// A Perf is a number that a monitoring system draws. The texts are empty where
// nothing is known.
type Perf struct {
	Label, Value, Warning, Critical string
}

// WriteText writes the verdict in the form of monitoring plugins: a line with
// the numbers behind a bar, then further lines.
func (c *Check) WriteText(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "DROPWATCH %s - %s", c.Status, pluginText(c.Text))
	for i, p := range c.Perf {
		if i == 0 {
			b.WriteString(" |")
		}
		fmt.Fprintf(&b, " '%s'=%s;%s;%s;0;", p.Label, p.Value, p.Warning, p.Critical)
	}
	b.WriteByte('\n')
	for _, line := range c.Long {
		b.WriteString(pluginText(line) + "\n")
	}
	_, err := w.Write(b.Bytes())
	return err
}

// pluginText keeps the bar for what it means in the output of plugins.
func pluginText(text string) string {
	return strings.NewReplacer("|", "/", "\n", "; ", "\r", " ").Replace(text)
}

// Brief is a row in one line, for lists of what was dropped most.
func (d *Drop) Brief() string {
	if d.Other {
		return fmt.Sprintf("%d of all other kinds", d.Packets)
	}
	text := fmt.Sprintf("%d %s", d.Packets, d.Why())
	if d.Class != "" {
		text += " (" + d.Class + ")"
	}
	if rest := strings.Join(nonEmpty(d.Where(), d.Whose()), ", "); rest != "" {
		text += " in " + rest
	}
	return clean(text)
}

// Brief is a row in one line.
func (r *CounterRow) Brief() string {
	return clean(fmt.Sprintf("%d %s", r.Delta, strings.Join(strings.Fields(r.title()), " ")))
}
