package syslog

import (
	"dropwatch/internal/export/logline"
)

// append5424 appends a message of RFC 5424. The text has no byte order mark: the
// RFC allows that for text of any kind, and daemons keep the mark in their files,
// where it is in the way of those who search them.
func (w *writer) append5424(b []byte, r *logline.Record) []byte {
	start := len(b)
	b = append(w.appendPriority(b, r), '1', ' ')
	if r.Time.IsZero() {
		b = append(b, '-')
	} else {
		b = r.Time.AppendFormat(b, "2006-01-02T15:04:05.000000Z07:00")
	}
	for _, text := range []string{w.c.Hostname, w.c.Tag, w.pid} {
		b = append(append(b, ' '), text...)
	}
	b = append(appendEvent(append(b, ' '), r.Event), ' ')
	b = w.appendData(b, r.Fields, start+w.c.MaxBytes)
	room := start + w.c.MaxBytes - len(b) - 1
	if r.Text == "" || room <= len(more) {
		return b
	}
	return w.appendText(append(b, ' '), r.Text, room)
}

// appendEvent appends the event as a MSGID: up to 32 visible ASCII characters.
func appendEvent(b []byte, event string) []byte {
	if event == "" {
		return append(b, '-')
	}
	for i := range min(len(event), 32) {
		c := event[i]
		if c <= ' ' || c >= 0x7f {
			c = '_'
		}
		b = append(b, c)
	}
	return b
}

// appendData appends the fields as structured data, up to the end given as a
// length of b. Fields that do not fit are left out, and counted in one named
// "cut".
func (w *writer) appendData(b []byte, fields []logline.Field, end int) []byte {
	if len(fields) == 0 {
		return append(b, '-')
	}
	b = append(append(b, '['), w.c.SDID...)
	left := 0
	for i := range fields {
		before := len(b)
		b = append(logline.AppendName(append(b, ' '), fields[i].Name), '=', '"')
		if fields[i].IsCount {
			b = fields[i].AppendValue(b)
		} else {
			b = w.appendValue(b, fields[i].Value)
		}
		b = append(b, '"')
		if len(b) > end-cutBytes-len("]") {
			b = b[:before]
			left++
		}
	}
	if left > 0 {
		b = appendCut(b, left)
	}
	return append(b, ']')
}

// appendValue escapes the three characters that end a value.
func (w *writer) appendValue(b []byte, value string) []byte {
	w.text = logline.AppendPrintable(w.text[:0], value)
	for _, c := range w.text {
		if c == '"' || c == '\\' || c == ']' {
			b = append(b, '\\')
		}
		b = append(b, c)
	}
	return b
}
