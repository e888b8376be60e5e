package check

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A Range is what is fine, as monitoring plugins write it: "10" is 0 to 10,
// "10:" is 10 and more, "~:10" is 10 and less, "10:20" is from 10 to 20, and
// with "@" in front all of that is what is not fine.
type Range struct {
	text     string
	low      float64
	high     float64
	inverted bool
}

// ParseRange reads a range.
func ParseRange(text string) (Range, error) {
	r := Range{text: text, high: math.Inf(1)}
	rest, inverted := strings.CutPrefix(text, "@")
	r.inverted = inverted
	first, last, pair := strings.Cut(rest, ":")
	if !pair {
		first, last = "0", rest
	}
	var err error
	switch {
	case first == "~":
		r.low = math.Inf(-1)
	default:
		if r.low, err = number(first); err != nil {
			return Range{}, fmt.Errorf("range %q: %w", text, err)
		}
	}
	if last != "" || !pair {
		if r.high, err = number(last); err != nil {
			return Range{}, fmt.Errorf("range %q: %w", text, err)
		}
	}
	if r.low > r.high {
		return Range{}, fmt.Errorf("range %q: it ends before it begins", text)
	}
	return r, nil
}

// number reads plain decimal numbers, which are what plugins may print.
func number(text string) (float64, error) {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) || strings.ContainsAny(text, "xXpP_eE+") {
		return 0, fmt.Errorf("%q is no number", text)
	}
	return n, nil
}

// Crossed tells whether a value is not fine.
func (r Range) Crossed(value float64) bool {
	inside := value >= r.low && value <= r.high
	return inside == r.inverted
}

// String is the range as it was given.
func (r Range) String() string { return r.text }

// limit says in words what is not fine.
func (r Range) limit() string {
	switch {
	case r.inverted:
		return "within " + strings.TrimPrefix(r.text, "@")
	case math.IsInf(r.high, 1):
		return "less than " + decimal(r.low)
	case r.low == 0 || math.IsInf(r.low, -1):
		return "more than " + decimal(r.high)
	}
	return "outside " + r.text
}

// decimal prints without an exponent, with no more digits than needed.
func decimal(n float64) string {
	text := strconv.FormatFloat(n, 'f', 3, 64)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}
