package alert

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"dropwatch/internal/values"
)

// A suffix multiplies a number.
type suffix struct {
	text   string
	factor float64
}

var (
	percent  = []suffix{{"%", 0.01}}
	decimal  = []suffix{{"k", 1e3}, {"M", 1e6}, {"G", 1e9}, {"T", 1e12}}
	binary   = []suffix{{"Ki", 1 << 10}, {"Mi", 1 << 20}, {"Gi", 1 << 30}, {"Ti", 1 << 40}}
	duration = []suffix{{"us", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}}
)

// suffixes are those that make sense for a unit, and what else may follow them.
func suffixes(unit values.Unit) (list []suffix, tails []string) {
	switch unit {
	case values.Ratio:
		return percent, nil
	case values.Seconds:
		return duration, nil
	case values.Bytes:
		return slices.Concat(decimal, binary), []string{"B"}
	case values.BytesPerSecond:
		return slices.Concat(decimal, binary), []string{"B/s", "/s", "B"}
	case values.PerSecond:
		return decimal, []string{"/s"}
	}
	return decimal, nil
}

// Bounds of a threshold, which keep its text short.
const (
	maxDigits = 40
	largest   = 1e18
	smallest  = 1e-9
)

// parseNumber reads digits and a unit.
func parseNumber(text string, unit values.Unit) (float64, error) {
	end := strings.IndexFunc(text, func(r rune) bool { return (r < '0' || r > '9') && r != '.' && r != '-' })
	if end < 0 {
		end = len(text)
	}
	digits, rest := text[:end], strings.TrimSpace(text[end:])
	if len(digits) > maxDigits {
		return 0, fmt.Errorf("number: has more than %d digits", maxDigits)
	}
	n, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		return 0, fmt.Errorf("number %q: want digits, and a unit if you like", text)
	}
	factor, err := parseSuffix(rest, unit)
	if err != nil {
		return 0, err
	}
	if n *= factor; n != 0 && (math.Abs(n) > largest || math.Abs(n) < smallest) {
		return 0, errors.New("number: too large or too small")
	}
	return n + 0, nil // no negative zero
}

func parseSuffix(text string, unit values.Unit) (float64, error) {
	list, tails := suffixes(unit)
	bare := text
	for _, tail := range tails {
		if cut, ok := strings.CutSuffix(text, tail); ok {
			bare = cut
			break
		}
	}
	if bare == "" {
		return 1, nil
	}
	var names []string
	for _, s := range list {
		if s.text == bare {
			return s.factor, nil
		}
		names = append(names, s.text)
	}
	return 0, fmt.Errorf("unit %q: use none or one of %s", text, strings.Join(names, ", "))
}

// bareNumber is a number without unit and exponent.
func bareNumber(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

// The digits of numbers for people, and the most that are used to tell two apart.
const (
	fewDigits  = 3
	manyDigits = 12
)

// twoNumbers writes a number and its threshold for people, with just as many
// digits as tell them apart.
func twoNumbers(n, threshold float64, unit values.Unit) (string, string) {
	for digits := fewDigits; ; digits++ {
		a, b := human(n, unit, digits), human(threshold, unit, digits)
		if a != b || n == threshold || digits == manyDigits {
			return a, b
		}
	}
}

// human writes a number for people.
func human(n float64, unit values.Unit, digits int) string {
	switch unit {
	case values.Ratio:
		return rounded(100*n, digits) + "%"
	case values.Seconds:
		return span(n, digits)
	case values.Bytes: // as df -h
		return scaled(n, 1024, digits, " B", " KiB", " MiB", " GiB", " TiB", " PiB")
	case values.BytesPerSecond: // as networks are sold
		return scaled(n, 1000, digits, " B/s", " kB/s", " MB/s", " GB/s", " TB/s")
	case values.PerSecond:
		return rounded(n, digits) + "/s"
	}
	return rounded(n, digits)
}

func scaled(n, base float64, digits int, units ...string) string {
	i := 0
	for math.Abs(n) >= base && i < len(units)-1 {
		n /= base
		i++
	}
	return rounded(n, digits) + units[i]
}

// rounded writes a number with that many digits; those before the point are never
// left out.
func rounded(n float64, digits int) string {
	if n == 0 {
		return "0"
	}
	if math.Abs(n) >= 1e15 {
		return strconv.FormatFloat(n, 'g', digits, 64)
	}
	decimals := digits - 1 - int(math.Floor(math.Log10(math.Abs(n))))
	text := strconv.FormatFloat(n, 'f', min(max(decimals, 0), 15), 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// span writes seconds: "12ms", "1m30s", "3h", "4d2h". With few digits the two
// largest units are all it takes.
func span(n float64, digits int) string {
	switch a := math.Abs(n); {
	case n == 0:
		return "0s"
	case a < 1e-3:
		return rounded(n*1e6, digits) + "us"
	case a < 1:
		return rounded(n*1e3, digits) + "ms"
	case a < 60 || a > 1e9 || digits > 6:
		return rounded(n, digits) + "s"
	}
	sign := ""
	if n < 0 {
		sign = "-"
	}
	left := int64(math.Round(math.Abs(n)))
	text, parts := "", 0
	for _, u := range []struct {
		name    string
		seconds int64
	}{{"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}} {
		if count := left / u.seconds; count > 0 && parts < digits-1 {
			text += strconv.FormatInt(count, 10) + u.name
			left -= count * u.seconds
			parts++
		} else if parts > 0 {
			parts++ // a unit that is 0 counts as well: 1d0h5m is 1d
		}
	}
	return sign + text
}
