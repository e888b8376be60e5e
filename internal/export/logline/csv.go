package logline

import (
	"bytes"
	"encoding/csv"
	"slices"
)

// A CSVEncoder writes comma-separated values by RFC 4180, with a header line at
// the beginning of each file: time, severity, event, text, the columns that were
// asked for, and "other" for fields that are in no column, as name=value.
//
// Its methods are for one goroutine at a time.
type CSVEncoder struct {
	columns []string
	row     []string
	rest    []Field
	line    bytes.Buffer
	w       *csv.Writer
}

// NewCSVEncoder makes an encoder with the columns that the fields of these names
// go to.
func NewCSVEncoder(columns ...string) *CSVEncoder {
	e := &CSVEncoder{columns: slices.Clone(columns)}
	e.w = csv.NewWriter(&e.line)
	return e
}

// AppendHeader appends the names of the columns.
func (e *CSVEncoder) AppendHeader(b []byte) []byte {
	e.row = append(append(e.row[:0], "time", "severity", "event", "text"), e.columns...)
	return e.appendRow(b, append(e.row, "other"))
}

// AppendLine appends the record as one line. A column without a field is empty.
func (e *CSVEncoder) AppendLine(b []byte, r *Record) []byte {
	e.row = append(e.row[:0], r.Time.Format(timeLayout), r.Severity.String(), printable(r.Event), printable(r.Text))
	e.rest = e.rest[:0]
	first := len(e.row)
	e.row = append(e.row, make([]string, len(e.columns))...)
	for _, f := range r.Fields {
		if i := slices.Index(e.columns, f.Name); i >= 0 && e.row[first+i] == "" {
			e.row[first+i] = printable(string(f.AppendValue(nil)))
		} else {
			e.rest = append(e.rest, f)
		}
	}
	other := string(bytes.TrimPrefix(AppendPairs(nil, e.rest), []byte(" ")))
	return e.appendRow(b, append(e.row, other))
}

// appendRow cannot fail: the buffer takes all, and the comma is a legal one.
func (e *CSVEncoder) appendRow(b []byte, row []string) []byte {
	e.line.Reset()
	e.w.Write(row)
	e.w.Flush()
	return append(b, e.line.Bytes()...)
}

func printable(text string) string { return string(AppendPrintable(nil, text)) }
