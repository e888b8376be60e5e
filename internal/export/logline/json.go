package logline

import (
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// Schema names the keys of a JSON line. It changes only by adding.
const Schema = "dropwatch.log.v1"

// A JSONEncoder writes one JSON object a line: schema, time in UTC, severity,
// event, text, and then a member for each field. Counts are integers. A field
// with the name of one of the first five gets "field_" before its name.
type JSONEncoder struct{}

// AppendHeader appends nothing.
func (JSONEncoder) AppendHeader(b []byte) []byte { return b }

// AppendLine appends the record as one line.
func (JSONEncoder) AppendLine(b []byte, r *Record) []byte {
	b = append(b, `{"schema":"`+Schema+`","time":"`...)
	b = r.Time.UTC().AppendFormat(b, time.RFC3339Nano)
	b = append(append(b, `","severity":"`...), r.Severity.String()...)
	b = appendJSON(append(b, `","event":`...), r.Event)
	b = appendJSON(append(b, `,"text":`...), r.Text)
	for i := range r.Fields {
		f := &r.Fields[i]
		b = append(b, `,"`...)
		if slices.Contains([]string{"schema", "time", "severity", "event", "text"}, f.Name) {
			b = append(b, "field_"...)
		}
		b = append(AppendName(b, f.Name), `":`...)
		if f.IsCount {
			b = strconv.AppendUint(b, f.Number, 10)
		} else {
			b = appendJSON(b, f.Value)
		}
	}
	return append(b, "}\n"...)
}

// appendJSON appends a string as JSON has it. Bytes that are no UTF-8 become the
// replacement character, for JSON has no way to keep them.
func appendJSON(b []byte, text string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(text); {
		c := text[i]
		if c >= 0x20 && c < 0x7f && c != '"' && c != '\\' {
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if r < utf8.RuneSelf || !harmless(r) || r == utf8.RuneError {
			b = appendJSONRune(append(b, text[start:i]...), r)
			start = i + size
		}
		i += size
	}
	return append(append(b, text[start:]...), '"')
}

func appendJSONRune(b []byte, r rune) []byte {
	switch r {
	case '"', '\\':
		return append(b, '\\', byte(r))
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	case '\t':
		return append(b, `\t`...)
	}
	return append(b, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
}
