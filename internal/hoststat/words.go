package hoststat

import (
	"bytes"
	"math"
	"strconv"
)

// words takes the words of a line off one by one, without making garbage.
type words struct{ rest []byte }

// next returns the next word; it is empty at the end of the line.
func (w *words) next() []byte {
	text := bytes.TrimLeft(w.rest, " \t")
	end := bytes.IndexAny(text, " \t")
	if end < 0 {
		end = len(text)
	}
	w.rest = text[end:]
	return text[:end]
}

func (w *words) number() (uint64, bool) { return number(w.next()) }

func number(text []byte) (uint64, bool) {
	n, err := strconv.ParseUint(string(text), 10, 64)
	return n, err == nil
}

// decimal reads a number that is not below zero. There is no JSON for what is
// infinite or not a number, so that is refused.
func decimal(text []byte) (float64, bool) {
	f, err := strconv.ParseFloat(string(text), 64)
	return f, err == nil && f >= 0 && !math.IsInf(f, 0)
}

// firstLine is the text up to its first newline.
func firstLine(text []byte) []byte {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	return line
}
