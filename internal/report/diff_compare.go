package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Compare sets a later summary against an earlier one. Rows that differ only in
// what does not last, such as the process, are one.
func Compare(before, after *Summary) *Diff {
	d := &Diff{
		Schema: DiffSchema, Old: side(before), New: side(after), Notes: incomparable(before, after),
		Lost: change(float64(before.Total.Lost)/before.Seconds, float64(after.Total.Lost)/after.Seconds),
	}
	d.Drops = compareRows(before, after, eachDrop, func(k dropKey, c Change) DiffDrop {
		return DiffDrop{k.reason, k.class, k.function, k.netns, k.device, k.protocol, c}
	})
	d.Reasons = compareRows(before, after, eachReason, func(k dropKey, c Change) DiffReason {
		return DiffReason{k.reason, k.class, c}
	})
	d.Counters = compareRows(before, after, eachCounter, func(k counterKey, c Change) DiffCounter {
		return DiffCounter{k.name, k.netns, k.device, k.object, c}
	})
	return d
}

type dropKey struct{ reason, class, function, netns, device, protocol string }

type counterKey struct{ name, netns, device, object string }

func eachDrop(s *Summary, yield func(dropKey, uint64)) {
	for i := range s.Drops {
		d := &s.Drops[i]
		k := dropKey{reason: clean(d.Why()), class: clean(d.Class), protocol: clean(strings.TrimSpace(d.Protocol + " " + d.Transport))}
		if d.Other {
			k.reason = "(of all other kinds)"
		}
		if d.Location != nil {
			k.function = clean(d.Location.Symbol)
		}
		k.netns, k.device = placeNames(d.NetNS, d.Interface)
		yield(k, d.Packets)
	}
}

func eachReason(s *Summary, yield func(dropKey, uint64)) {
	eachDrop(s, func(k dropKey, n uint64) { yield(dropKey{reason: k.reason, class: k.class}, n) })
}

// eachCounter leaves out what a child counts too.
func eachCounter(s *Summary, yield func(counterKey, uint64)) {
	for i := range s.Counters {
		c := &s.Counters[i]
		if c.Parent || !c.Loss {
			continue
		}
		k := counterKey{name: clean(c.Name), object: clean(c.Object)}
		k.netns, k.device = placeNames(c.NetNS, c.Interface)
		yield(k, c.Delta)
	}
}

// placeNames are empty where something has no name: its number may be that of
// something else the next time.
func placeNames(n *NetNS, i *Interface) (netns, device string) {
	if n != nil {
		netns = clean(cmp.Or(n.Name, "(without a name)"))
	}
	if i != nil {
		device = clean(i.Name)
	}
	return netns, device
}

// compareRows adds rows of the same key up and pairs them, those that changed
// most first.
func compareRows[K comparable, R any](before, after *Summary, each func(*Summary, func(K, uint64)), row func(K, Change) R) []R {
	type pair struct{ old, new float64 }
	pairs := make(map[K]*pair)
	var keys []K
	at := func(k K) *pair {
		if pairs[k] == nil {
			pairs[k] = new(pair)
			keys = append(keys, k)
		}
		return pairs[k]
	}
	each(before, func(k K, n uint64) { at(k).old += float64(n) / before.Seconds })
	each(after, func(k K, n uint64) { at(k).new += float64(n) / after.Seconds })
	changes := make(map[K]Change, len(keys))
	for _, k := range keys {
		changes[k] = change(pairs[k].old, pairs[k].new)
	}
	slices.SortStableFunc(keys, func(x, y K) int {
		return cmp.Or(cmp.Compare(math.Abs(changes[y].Change), math.Abs(changes[x].Change)), strings.Compare(fmt.Sprint(x), fmt.Sprint(y)))
	})
	rows := make([]R, 0, len(keys))
	for _, k := range keys {
		rows = append(rows, row(k, changes[k]))
	}
	return rows
}

func change(before, after float64) Change {
	c := Change{Old: before, New: after, Change: after - before}
	switch {
	case before == 0 && after > 0:
		c.State = "came"
	case before > 0 && after == 0:
		c.State = "gone"
	}
	return c
}

func side(s *Summary) DiffSide {
	return DiffSide{
		Host: clean(s.Host), Kernel: clean(s.Kernel), Source: clean(s.Source), From: s.From, To: s.To, Seconds: s.Seconds,
		AtLeast: s.Missed.Events > 0 || s.Missed.AtLeast,
	}
}

// incomparable says in what the two were not watched alike.
func incomparable(before, after *Summary) []string {
	var notes []string
	for _, differ := range []struct{ what, old, new string }{
		{"host", before.Host, after.Host},
		{"kernel", before.Kernel, after.Kernel},
		{"source", before.Source, after.Source},
		{"filter", before.Filter, after.Filter},
		{"grouping", before.By, after.By},
	} {
		if differ.old != differ.new {
			notes = append(notes, fmt.Sprintf("the %s differs: %q before, %q after", differ.what, clean(differ.old), clean(differ.new)))
		}
	}
	if before.More != nil || after.More != nil {
		notes = append(notes, "rows were left out of a summary, so that some may seem to have come or gone")
	}
	if before.Missed.Events > 0 || before.Missed.AtLeast || after.Missed.Events > 0 || after.Missed.AtLeast {
		notes = append(notes, "drops were missed, so that all numbers are at least")
	}
	return notes
}
