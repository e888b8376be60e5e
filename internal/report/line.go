package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// Lines writes one line for each row of a summary, for watching: time, number,
// class, reason, and as much of the rest as there is room for.
func (t Text) Lines(w io.Writer, s *Summary) error {
	var b bytes.Buffer
	stamp := s.To.Local().Format(time.TimeOnly)
	for i := range s.Drops {
		d := &s.Drops[i]
		if d.Other {
			fmt.Fprintf(&b, "%s %7d (of all other kinds)\n", stamp, d.Packets)
			continue
		}
		rest := strings.Join(nonEmpty(d.Where(), d.Whose()), ", ")
		t.line(&b, fmt.Sprintf("%s %7d ", stamp, d.Packets), d.Class, fmt.Sprintf(" %s  %s", d.Why(), rest))
	}
	if s.More != nil {
		fmt.Fprintf(&b, "%s %7d in %d more %s\n", stamp, s.More.Packets, s.More.Rows, plural(s.More.Rows, "row"))
	}
	for i := range s.Counters {
		if c := &s.Counters[i]; c.Loss && !c.Parent && c.Unexplained > 0 {
			t.line(&b, fmt.Sprintf("%s %7d ", stamp, c.Unexplained), "", " unexplained: "+c.Sum())
		}
	}
	switch {
	case s.Missed.Any() && t.Cut:
		wrap(&b, stamp+" missed: ", strings.Repeat(" ", len(stamp)+1), s.Missed.text())
	case s.Missed.Any():
		fmt.Fprintf(&b, "%s missed: %s\n", stamp, s.Missed)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// line writes a line around a class, cut to the width if asked.
func (t Text) line(b *bytes.Buffer, before, class, after string) {
	if room := max(width-len(before)-6, 0); t.Cut && utf8.RuneCountInString(after) > room {
		after = string([]rune(after)[:room])
	}
	b.WriteString(before)
	b.WriteString(t.class(class))
	b.WriteString(strings.TrimRight(after, " "))
	b.WriteByte('\n')
}

func nonEmpty(parts ...string) []string {
	var kept []string
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return kept
}

func (m Missed) String() string { return m.text() }
