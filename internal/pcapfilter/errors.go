package pcapfilter

import "fmt"

// A SyntaxError says where an expression is wrong, and what to write instead
// where that is known.
type SyntaxError struct {
	Column int // of the first byte concerned, counted from 1
	Reason string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("column %d: %s", e.Column, e.Reason)
}

// wrongAt makes the error for an offset, which counts from 0.
func wrongAt(offset int, format string, arguments ...any) *SyntaxError {
	return &SyntaxError{Column: offset + 1, Reason: fmt.Sprintf(format, arguments...)}
}
