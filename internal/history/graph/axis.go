package graph

import (
	"math"

	"dropwatch/internal/values"
)

// An axis is the one of numbers. Its ends are ticks.
type axis struct {
	low, high, step float64
	scale           scale
	digits          int
}

// axisFor covers numbers with up to so many steps. It has zero on it: how high a
// line is can be seen then.
func axisFor(unit values.Unit, low, high float64, steps int) axis {
	if !finite(low) || !finite(high) {
		low, high = 0, 0
	}
	low, high = min(low, 0), max(high, 0)
	if low == high {
		high = least(unit)
	}
	a := axis{scale: scaleOf(unit, max(high, -low))}
	// Steps are round as they are written.
	l, h := low*a.scale.factor, high*a.scale.factor
	step := round((h - l) / float64(max(steps, 2)))
	if unit == values.Bytes || unit == values.BytesPerSecond {
		step = roundBinary((h - l) / float64(max(steps, 2)))
	}
	for a.digits = 0; a.digits < 9 && !whole(step*math.Pow10(a.digits)); a.digits++ {
	}
	a.low = math.Floor(l/step+1e-9) * step / a.scale.factor
	a.high = math.Ceil(h/step-1e-9) * step / a.scale.factor
	a.step = step / a.scale.factor
	return a
}

// least is the height of a graph of nothing but zeros.
func least(unit values.Unit) float64 {
	if unit == values.Ratio {
		return 0.01
	}
	return 1
}

// round returns 1, 2 or 5 times a power of ten, not less than n.
func round(n float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(n)))
	for _, f := range []float64{1, 2, 5} {
		if n <= f*power*(1+1e-9) {
			return f * power
		}
	}
	return 10 * power
}

// roundBinary returns a power of two where numbers of a prefix have four digits,
// so that the tick above 512 KiB is 1 MiB.
func roundBinary(n float64) float64 {
	if n <= 8 {
		return round(n)
	}
	return math.Exp2(math.Ceil(math.Log2(n) - 1e-9))
}

func whole(n float64) bool { return math.Abs(n-math.Round(n)) < 1e-6*max(1, math.Abs(n)) }

// ticks calls f for each, from below.
func (a *axis) ticks(f func(v float64, label string)) {
	n := int(math.Round((a.high - a.low) / a.step))
	for i := range min(n, 100) + 1 {
		v := a.low + float64(i)*a.step
		if math.Abs(v) < a.step/1e6 {
			v = 0
		}
		label := a.scale.write(v*a.scale.factor, a.digits)
		if v == 0 {
			label = "0"
		}
		f(v, label)
	}
}
