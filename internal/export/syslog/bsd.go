package syslog

import (
	"time"

	"dropwatch/internal/export/logline"
)

// appendBSD appends a message as RFC 3164 describes it, with the fields behind
// the text. On Unix sockets it has no host, as that of syslog(3).
func (w *writer) appendBSD(b []byte, r *logline.Record) []byte {
	start := len(b)
	b = w.appendPriority(b, r)
	b = append(r.Time.Local().AppendFormat(b, time.Stamp), ' ')
	if w.c.Network != Unix {
		b = append(append(b, w.c.Hostname...), ' ')
	}
	b = append(append(b, w.c.Tag...), '[')
	b = append(append(b, w.pid...), "]: "...)
	// Fields first, for the text is what is cut; then they change places.
	head := len(b)
	b = w.appendPairs(b, r.Fields, start+w.c.MaxBytes)
	pairs := len(b)
	b = w.appendText(b, r.Text, w.c.MaxBytes-(pairs-start))
	w.text = append(append(w.text[:0], b[pairs:]...), b[head:pairs]...)
	return append(b[:head], w.text...)
}

// appendPairs appends fields as name=value, up to the end given as a length of b.
func (w *writer) appendPairs(b []byte, fields []logline.Field, end int) []byte {
	left := 0
	for i := range fields {
		before := len(b)
		b = logline.AppendPairs(b, fields[i:i+1])
		if len(b) > end-cutBytes {
			b = b[:before]
			left++
		}
	}
	if left > 0 {
		b = appendCut(b, left)
	}
	return b
}
