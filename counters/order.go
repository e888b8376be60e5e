package counters

import "slices"

// An order sorts the counters of one sample after the other. Mostly they are the
// same ones, and then the order of the last sample still holds.
type order struct {
	places []int32
}

// sort returns counters in order, in a slice of their own.
func (o *order) sort(counters []Counter) []Counter {
	compare := func(i, j int32) int { return counters[i].compare(&counters[j]) }
	if len(o.places) != len(counters) || !slices.IsSortedFunc(o.places, compare) {
		o.places = slices.Grow(o.places[:0], len(counters))
		for i := range counters {
			o.places = append(o.places, int32(i))
		}
		slices.SortFunc(o.places, compare)
	}
	sorted := make([]Counter, len(counters))
	for i, place := range o.places {
		sorted[i] = counters[place]
	}
	return sorted
}
