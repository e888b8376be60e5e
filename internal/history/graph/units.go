package graph

import (
	"math"
	"strconv"
	"strings"

	"dropwatch/internal/values"
)

// A scale is how numbers of a size are written.
type scale struct {
	factor float64 // of what is written over the number
	suffix string
}

// scaleOf finds the scale for numbers of up to a size.
func scaleOf(unit values.Unit, size float64) scale {
	size = math.Abs(size)
	switch unit {
	case values.Ratio:
		return scale{100, "%"}
	case values.Bytes, values.BytesPerSecond:
		s := prefix(size, 1024, []string{" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB"})
		if unit == values.BytesPerSecond {
			s.suffix += "/s"
		}
		return s
	case values.Seconds:
		return duration(size)
	}
	s := prefix(size, 1000, []string{"", "k", "M", "G", "T", "P", "E"})
	if size > 0 && size < 0.01 {
		s = scale{1e6, "µ"}
		if size >= 1e-5 {
			s = scale{1e3, "m"}
		}
	}
	if unit == values.PerSecond {
		s.suffix += "/s"
	}
	return s
}

func prefix(size, base float64, names []string) scale {
	factor, i := 1.0, 0
	for size*factor >= base && i < len(names)-1 {
		factor, i = factor/base, i+1
	}
	return scale{factor, names[i]}
}

func duration(size float64) scale {
	for _, s := range []struct {
		from float64
		scale
	}{
		{2 * 86400, scale{1.0 / 86400, " d"}}, {2 * 3600, scale{1.0 / 3600, " h"}}, {120, scale{1.0 / 60, " min"}},
		{1, scale{1, " s"}}, {1e-3, scale{1e3, " ms"}}, {1e-6, scale{1e6, " µs"}},
	} {
		if size >= s.from {
			return s.scale
		}
	}
	if size == 0 {
		return scale{1, " s"}
	}
	return scale{1e9, " ns"}
}

// format writes a number with three digits.
func format(unit values.Unit, v float64) string {
	if !finite(v) {
		return "-"
	}
	s := scaleOf(unit, v)
	n := v * s.factor
	digits := 2
	switch size := math.Abs(n); {
	case size >= 100 || n == 0:
		digits = 0
	case size >= 10:
		digits = 1
	}
	return s.write(n, digits)
}

// write writes a number that the scale was applied to.
func (s scale) write(n float64, digits int) string {
	var text string
	if math.Abs(n) >= 1e9 {
		text = strconv.FormatFloat(n, 'g', 3, 64)
	} else {
		text = strconv.FormatFloat(n, 'f', digits, 64)
	}
	if strings.Trim(text, "-0.") == "" {
		text = "0"
	}
	return text + s.suffix
}
