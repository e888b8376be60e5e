package explain

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"dropwatch/dropmon"
)

const (
	columns = 80
	indent  = 12 // of the texts next to their labels
)

// WriteText writes entries for people, wrapped to 80 columns, with an empty
// line between them. A single name longer than a line is not cut.
func WriteText(w io.Writer, entries []Entry) error {
	var out bytes.Buffer
	for i, e := range entries {
		if i > 0 {
			out.WriteByte('\n')
		}
		e.write(&out)
	}
	if _, err := w.Write(out.Bytes()); err != nil {
		return fmt.Errorf("write explanation: %w", err)
	}
	return nil
}

func (e *Entry) write(out *bytes.Buffer) {
	wrap(out, words(e.heading()), "", "    ")
	field(out, "class", e.classText())
	field(out, "group", e.Group)
	field(out, "when", strings.Join(e.When, "; "))
	field(out, "treat as", e.TreatAs)
	field(out, "only in", strings.Join(e.Functions, ", "))
	field(out, "seen in", strings.Join(e.SeenIn, ", "))
	field(out, "counters", strings.Join(e.Counters, ", "))
	if e.Kind == KindCounter || e.Kind == KindPitfall {
		field(out, "meaning", e.Cause)
	} else {
		field(out, "cause", e.Cause)
	}
	field(out, "advice", e.Advice)
	field(out, "sFlow", e.discardText())
	field(out, "sum of", strings.Join(e.Parts, " + "))
	field(out, "reasons", strings.Join(e.Reasons, ", "))
	field(out, "otherwise", e.Unmatched)
	for _, p := range e.Pitfalls {
		field(out, "mind", p)
	}
}

func (e *Entry) heading() string {
	names := strings.Join(e.Names, ", ")
	switch e.Kind {
	case KindHint:
		return names + " (function)"
	case KindNoEvent:
		return names + " (no drop event)"
	case KindCounter:
		return names + " (counter)"
	case KindPitfall:
		return names + " (pitfall)"
	case KindTrap:
		return names + " (hardware trap)"
	}
	if e.Subsystem != "" {
		return names + " (" + e.Subsystem + ")"
	}
	return names
}

func (e *Entry) classText() string {
	if e.Class == "" {
		return ""
	}
	text := string(e.Class) + ": " + classMeaning(e.Class)
	if e.Also != "" {
		text += "; or " + string(e.Also) + ": " + classMeaning(e.Also)
	}
	return text
}

// discardText has the words that collectors of sFlow show.
func (e *Entry) discardText() string {
	var list []string
	for _, d := range e.Discards {
		list = append(list, d.String())
	}
	switch len(list) {
	case 0:
		return ""
	case 1:
		return "discard code " + list[0]
	}
	return "discard codes " + strings.Join(list, ", ")
}

func classMeaning(c dropmon.Class) string {
	switch c {
	case dropmon.Loss:
		return "data or a connection attempt was lost"
	case dropmon.Policy:
		return "somebody configured it"
	case dropmon.Peer:
		return "the sender is at fault"
	case dropmon.Proto:
		return "the protocol works as designed"
	case dropmon.Benign:
		return "not a loss"
	}
	return "unknown"
}

func field(out *bytes.Buffer, label, text string) {
	if text == "" {
		return
	}
	head := "  " + label + strings.Repeat(" ", indent-2-len(label))
	wrap(out, words(text), head, strings.Repeat(" ", indent))
}

// words splits a text at spaces but keeps a command in backquotes in one piece,
// so that it can be copied, unless it is too long for a line.
func words(text string) []string {
	var list []string
	for part := range strings.FieldsSeq(text) {
		last := len(list) - 1
		if last >= 0 && strings.Count(list[last], "`")%2 == 1 && len(list[last])+len(part) < columns-indent {
			list[last] += " " + part
			continue
		}
		list = append(list, part)
	}
	return list
}

// wrap writes words in lines of at most 80 columns; it breaks between words
// only.
func wrap(out *bytes.Buffer, words []string, head, rest string) {
	line := head
	empty := true
	for _, word := range words {
		if !empty && len(line)+1+len(word) > columns {
			out.WriteString(line + "\n")
			line, empty = rest, true
		}
		if !empty {
			line += " "
		}
		line += word
		empty = false
	}
	out.WriteString(line + "\n")
}
