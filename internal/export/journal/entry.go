package journal

import (
	"encoding/binary"
	"strconv"
	"strings"
	"time"

	"dropwatch/internal/export/logline"
)

// prefix keeps our fields apart from those of others.
const prefix = "DROPWATCH_"

// appendEntry appends the record as an entry.
func appendEntry(b []byte, identifier string, facility int, r *logline.Record) []byte {
	b = appendField(b, "MESSAGE", r.Text)
	b = append(b, "PRIORITY="...)
	b = strconv.AppendUint(b, uint64(min(r.Severity, logline.Debug)), 10)
	b = append(b, "\nSYSLOG_FACILITY="...)
	b = append(strconv.AppendInt(b, int64(facility), 10), '\n')
	b = appendField(b, "SYSLOG_IDENTIFIER", identifier)
	if id := MessageID(r.Event); id != "" {
		b = appendField(b, "MESSAGE_ID", id)
	}
	b = appendField(b, prefix+"EVENT", r.Event)
	b = append(b, prefix+"TIME="...)
	b = append(r.Time.UTC().AppendFormat(b, time.RFC3339Nano), '\n')
	for i := range r.Fields {
		b = appendOwn(b, &r.Fields[i])
	}
	return b
}

// appendOwn appends one of our fields.
func appendOwn(b []byte, f *logline.Field) []byte {
	b = append(b, prefix...)
	start := len(b)
	b = logline.AppendName(b, f.Name)
	for i := start; i < len(b); i++ {
		if b[i] >= 'a' && b[i] <= 'z' {
			b[i] -= 'a' - 'A'
		}
	}
	if f.IsCount {
		return append(f.AppendValue(append(b, '=')), '\n')
	}
	return appendValue(b, f.Value)
}

func appendField(b []byte, name, value string) []byte {
	return appendValue(append(b, name...), value)
}

// appendValue appends what follows the name of a field: in a line, or if the value
// has line breaks, with its length before it.
func appendValue(b []byte, value string) []byte {
	if strings.IndexByte(value, '\n') < 0 {
		return append(append(append(b, '='), value...), '\n')
	}
	b = binary.LittleEndian.AppendUint64(append(b, '\n'), uint64(len(value)))
	return append(append(b, value...), '\n')
}
