package cluster

import "slices"

const (
	// far is how many times the median of the others an outlier is.
	far = 10
	// fewest packets that can make an outlier: among quiet hosts the median is 0.
	fewest = 10
	// company is how many there must be, so that there is a rule to break.
	company = 3
)

// markOutliers marks the hosts whose loss rate is at least ten times the median
// of the others', if they lost at least ten packets and there are at least three
// hosts. Unlike a mean, the median is not drawn along by those it is to find.
func markOutliers(list []HostDrops) {
	rates := make([]float64, len(list))
	for i := range list {
		rates[i] = list[i].Rate
	}
	for i, is := range outliers(rates) {
		list[i].Outlier = is && list[i].Lost >= fewest
	}
}

// outliers tells which values are far above the median of the others.
func outliers(values []float64) []bool {
	marks := make([]bool, len(values))
	if len(values) < company {
		return marks
	}
	sorted := slices.Sorted(slices.Values(values))
	for i, v := range values {
		at, _ := slices.BinarySearch(sorted, v)
		marks[i] = v > 0 && v >= far*medianWithout(sorted, at)
	}
	return marks
}

// medianWithout is the median of sorted values but for one.
func medianWithout(sorted []float64, without int) float64 {
	n := len(sorted) - 1
	at := func(i int) float64 {
		if i >= without {
			i++
		}
		return sorted[i]
	}
	return (at((n-1)/2) + at(n/2)) / 2
}
