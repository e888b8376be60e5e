package logline

// An Encoder writes records as lines, each ended by a line feed.
type Encoder interface {
	// AppendHeader appends what a new file begins with.
	AppendHeader(b []byte) []byte

	// AppendLine appends the record as one line.
	AppendLine(b []byte, r *Record) []byte
}

// timeLayout has the offset, so that lines can be compared with other hosts'.
const timeLayout = "2006-01-02T15:04:05.000000Z07:00"

// A TextEncoder writes lines for people: the time, the severity, the event and
// the text. Times are in the record's own zone.
type TextEncoder struct {
	// Fields adds the fields as name=value.
	Fields bool
}

// AppendHeader appends nothing.
func (TextEncoder) AppendHeader(b []byte) []byte { return b }

// AppendLine appends the record as one line.
func (e TextEncoder) AppendLine(b []byte, r *Record) []byte {
	b = r.Time.AppendFormat(b, timeLayout)
	b = append(append(b, ' '), r.Severity.String()...)
	b = AppendPrintable(append(b, ' '), r.Event)
	b = AppendPrintable(append(b, ": "...), r.Text)
	if e.Fields {
		b = AppendPairs(b, r.Fields)
	}
	return append(b, '\n')
}
