package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"text/tabwriter"
)

// A target is a number that the project wants to stay under.
type target struct {
	what     string
	limit    float64
	unit     string // after a space, or empty for a ratio
	measured bounds // NaN where it cannot be trusted
	missing  bool   // nothing was measured
}

func (t target) noisy() bool {
	return math.IsNaN(t.measured.min) || math.IsNaN(t.measured.median)
}

func (t target) verdict() string {
	low, usual := t.measured.min, t.measured.median
	switch {
	case t.missing:
		return "not measured"
	case math.IsNaN(low) && math.IsNaN(usual):
		return "not judged: the machine's load changed too much, run again"
	case low > t.limit || usual > t.limit: // never true of NaN
		return "missed"
	}
	return "met"
}

// targets compares what was measured. Of memory it takes the largest value in
// place of the median, since no run may need more.
func targets(s starts, times []runTime, costs []cost) []target {
	var list []target
	for _, t := range times {
		list = append(list, target{what: "run time, dropwatch / empty program, " + t.flood, limit: 2, measured: t.ours.over(t.empty)})
	}
	for _, t := range times {
		ratio, ok := addedRatio(costs, t.flood)
		list = append(list, target{what: "added cost, dropwatch / bpftrace, " + t.flood, limit: 0.4, measured: ratio, missing: !ok})
	}
	return append(list,
		target{what: "start-up until attached", limit: 100, unit: " ms", measured: s.ready.bounds()},
		target{what: "peak resident memory", limit: 40, unit: " MB", measured: bounds{s.rss.min(), s.rss.max()}})
}

// addedRatio compares what dropwatch adds with what bpftrace adds.
func addedRatio(costs []cost, flood string) (ratio bounds, ok bool) {
	ours, ok := added(costs, armOurs, flood)
	theirs, also := added(costs, armBpftrace, flood)
	if !ok || !also {
		return ratio, false
	}
	again, _ := added(costs, armAgain, flood)
	ratio = ours.over(theirs)
	ratio.min = trusted(ratio.min, theirs.min, again.min)
	ratio.median = trusted(ratio.median, theirs.median, again.median)
	return ratio, true
}

// trusted gives NaN for a ratio if its divisor is not well above the
// difference between two measurements of the same thing.
func trusted(ratio, divisor, noise float64) float64 {
	if divisor <= 0 || math.Abs(noise) > divisor/4 {
		return math.NaN()
	}
	return ratio
}

func printTargets(out io.Writer, list []target) error {
	fmt.Fprint(out, "\nTargets, by smallest and median value (memory: largest, CPU of an\nagent: mean); both must meet them.\n")
	if slices.ContainsFunc(list, target.noisy) {
		fmt.Fprintln(out, `"noisy": none and none once more differ by more than a quarter of what bpftrace adds.`)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, t := range list {
		measured := "-"
		if !t.missing {
			measured = figure(t.measured.min) + ", " + figure(t.measured.median) + t.unit
		}
		fmt.Fprintf(w, "  %s\tat most %g%s\t%s\t%s\n", t.what, t.limit, t.unit, measured, t.verdict())
	}
	return w.Flush()
}

func figure(value float64) string {
	if math.IsNaN(value) {
		return "noisy"
	}
	return fmt.Sprintf("%.2f", value)
}
