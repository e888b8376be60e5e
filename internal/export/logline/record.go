package logline

import (
	"strconv"
	"time"
)

// Severity is how bad a record is, by the numbers of RFC 5424.
type Severity uint8

// Severities, the worst first.
const (
	Emergency Severity = iota
	Alert
	Critical
	Error
	Warning
	Notice
	Informational
	Debug
)

// String is the keyword that syslog daemons use: "warning", "info".
func (s Severity) String() string {
	switch s {
	case Emergency:
		return "emerg"
	case Alert:
		return "alert"
	case Critical:
		return "crit"
	case Error:
		return "err"
	case Warning:
		return "warning"
	case Notice:
		return "notice"
	case Informational:
		return "info"
	}
	return "debug"
}

// A Record is one line of the log.
type Record struct {
	Time     time.Time
	Severity Severity
	// Event tells kinds of lines apart in a word: "drop", "packet", "missed",
	// "counter", "start", "stop", "lost".
	Event string
	// Text is the line for people. It should be one line; line breaks in it
	// are written as \n.
	Text string
	// Fields are for programs, in the order in which they are written. A name
	// should occur once.
	Fields []Field
}

// A Field is a named value of a record. Make one with [Text] or [Count].
type Field struct {
	// Name is lower snake case, at most 32 bytes: "netns_inode".
	Name string
	// Value is what the field says, unless it is a count.
	Value string
	// Number is the value of a count.
	Number  uint64
	IsCount bool
}

// Text makes a field that holds text.
func Text(name, value string) Field { return Field{Name: name, Value: value} }

// Count makes a field that holds a whole number, which is a number in JSON too.
func Count(name string, n uint64) Field { return Field{Name: name, Number: n, IsCount: true} }

// AppendValue appends the value as it is, a count in decimal.
func (f Field) AppendValue(b []byte) []byte {
	if f.IsCount {
		return strconv.AppendUint(b, f.Number, 10)
	}
	return append(b, f.Value...)
}

// size is about what the record holds in memory, in bytes.
func (r *Record) size() int {
	n := recordOverhead + len(r.Event) + len(r.Text)
	for i := range r.Fields {
		n += fieldOverhead + len(r.Fields[i].Name) + len(r.Fields[i].Value)
	}
	return n
}

const (
	recordOverhead = 128
	fieldOverhead  = 48
)
