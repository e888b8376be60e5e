package counters

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// A Sample is what all sources of a namespace showed at one moment.
type Sample struct {
	// Time is when reading began. Sources are read one after the other.
	Time time.Time
	// NetNS is the inode of the namespace.
	NetNS uint32
	// Counters are sorted by name, namespace, interface and object.
	Counters []Counter

	// Links, Qdiscs, Sockets and Rules describe what counters are for: a row has
	// the same scope as its counters. Links are sorted by index.
	Links   []Link
	Qdiscs  []Qdisc
	Sockets []Socket
	Rules   []Rule

	// Read are the sources that were read whole, sorted.
	Read []string
	// Absent are the sources that do not exist in this namespace or kernel, or
	// did not when the reader was opened; sorted. That is nothing to repair:
	// /proc/net/stat/arp_cache, for one, is in the first namespace only.
	Absent []string
	// Problems are the sources that could not be read whole. What could be read
	// of them is among the counters.
	Problems []Problem
}

// A Problem is a source that could not be read whole. Its error names the cure
// where we know one.
type Problem struct {
	Source string
	Err    error
}

// Lookup finds a counter of the sample.
func (s *Sample) Lookup(name string, scope Scope) (Counter, bool) {
	want := Counter{Name: name, Scope: scope}
	at, ok := slices.BinarySearchFunc(s.Counters, want, compareCounters)
	if !ok {
		return Counter{}, false
	}
	return s.Counters[at], true
}

// link finds an interface.
func (s *Sample) link(index uint32) (Link, bool) { return findLink(s.Links, index) }

// findLink finds an interface among those of a namespace, sorted by index.
func findLink(links []Link, index uint32) (Link, bool) {
	at, ok := slices.BinarySearchFunc(links, index, func(l Link, index uint32) int { return cmp.Compare(l.Index, index) })
	if !ok {
		return Link{}, false
	}
	return links[at], true
}

// was tells whether a source was read whole.
func (s *Sample) was(source string) bool {
	_, ok := slices.BinarySearch(s.Read, source)
	return ok
}

// sortSources brings what is said of the sources into order.
func (s *Sample) sortSources() {
	slices.Sort(s.Read)
	slices.Sort(s.Absent)
	slices.SortStableFunc(s.Problems, func(p, q Problem) int { return strings.Compare(p.Source, q.Source) })
}
