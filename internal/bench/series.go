package main

import "slices"

// A series is measurements of one thing.
type series []float64

func (s series) min() float64 { return slices.Min(s) }
func (s series) max() float64 { return slices.Max(s) }

func (s series) mean() (m float64) {
	for _, value := range s {
		m += value / float64(len(s))
	}
	return m
}

func (s series) median() float64 {
	sorted := slices.Sorted(slices.Values(s))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// bounds are the smallest and the median value of a series. The smallest is
// the least disturbed by the rest of the machine, the median the usual.
type bounds struct {
	min, median float64
}

func (s series) bounds() bounds { return bounds{s.min(), s.median()} }

func (b bounds) minus(c bounds) bounds { return bounds{b.min - c.min, b.median - c.median} }

// over is the ratio of two bounds; it means nothing unless c is positive.
func (b bounds) over(c bounds) bounds { return bounds{b.min / c.min, b.median / c.median} }
