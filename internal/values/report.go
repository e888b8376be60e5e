package values

import (
	"slices"

	"dropwatch/internal/peer/record"
)

// A kind knows where its values are in a report.
type kind struct {
	name, of string
	unit     Unit
	help     string
	find     func(r *record.Report, found func(of string, number float64))
}

// Of returns the values that a report tells, in the order of Kinds. What the
// host could not read is not among them.
func Of(r *record.Report) []Value {
	var list []Value
	if r == nil {
		return list
	}
	for _, k := range kinds {
		if k.find == nil {
			continue
		}
		first := len(list)
		k.find(r, func(of string, number float64) {
			list = append(list, Value{k.name, of, number, k.unit})
		})
		if k.of != "" {
			list = append(list[:first], unique(list[first:])...)
		}
	}
	return list
}

// unique keeps the first of each: two mounts can be at one place.
func unique(list []Value) []Value {
	seen := make(map[string]bool, len(list))
	return slices.DeleteFunc(list, func(v Value) bool {
		double := seen[v.Of]
		seen[v.Of] = true
		return double
	})
}

// Names of values that are not in a report but known of each host.
const (
	Up     = "up"
	Silent = "silent"
)

// kinds is what there is. Names stay for ever: files of history are kept by them.
var kinds = slices.Concat(
	[]kind{
		{Up, "", None, "1 if the host was heard lately, 0 if it is down", nil},
		{Silent, "", Seconds, "time since the last record", nil},
	},
	statusKinds, dropKinds,
)

// number adapts what a report has once.
func number[T uint64 | float64](get func(*record.Report) *T) func(*record.Report, func(string, float64)) {
	return func(r *record.Report, found func(string, float64)) {
		if n := get(r); n != nil {
			found("", float64(*n))
		}
	}
}
