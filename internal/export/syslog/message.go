package syslog

import (
	"strconv"
	"unicode/utf8"

	"dropwatch/internal/export/logline"
)

// A writer writes records as messages. It is for one goroutine at a time.
type writer struct {
	c    Config
	pid  string
	text []byte // reused
}

// newWriter needs a configuration with defaults filled in.
func newWriter(c Config, pid int) *writer {
	return &writer{c: c, pid: strconv.Itoa(pid)}
}

// append appends the record as one message, which is never longer than
// MaxBytes.
func (w *writer) append(b []byte, r *logline.Record) []byte {
	if w.c.Format == FormatBSD {
		return w.appendBSD(b, r)
	}
	return w.append5424(b, r)
}

func (w *writer) appendPriority(b []byte, r *logline.Record) []byte {
	priority := uint64(w.c.Facility)*8 + uint64(min(r.Severity, logline.Debug))
	return append(strconv.AppendUint(append(b, '<'), priority, 10), '>')
}

// more ends a text that was cut.
const more = "..."

// appendText appends the text on one line, cut to what there is room for.
func (w *writer) appendText(b []byte, text string, room int) []byte {
	w.text = logline.AppendPrintable(w.text[:0], text)
	if len(w.text) <= room {
		return append(b, w.text...)
	}
	if room < len(more) {
		return b
	}
	return append(append(b, cut(w.text, room-len(more))...), more...)
}

// cut shortens UTF-8 without breaking a character.
func cut(text []byte, n int) []byte {
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// appendCut says how many fields were left out.
func appendCut(b []byte, n int) []byte {
	b = append(b, ` cut="`...)
	return append(strconv.AppendInt(b, int64(n), 10), '"')
}

// cutBytes is room for what appendCut appends.
const cutBytes = len(` cut="9999"`)
