package cluster

import (
	"cmp"
	"slices"
	"strings"
)

// A kernel is what the hosts that run on one told. Agents in several containers
// are hosts of one kernel, and each sees all of its drops, or those of the
// network namespaces that it was told to watch.
type kernel struct {
	hosts   []*told // by name
	rows    []*row  // most packets first
	lost    uint64  // of the rows and beyond them
	missed  uint64
	beyond  uint64 // lost packets that no row has
	classes map[string]uint64
	seconds float64
}

// kernels puts together the hosts that tell the same boot of a kernel. What does
// not tell any has its own.
func kernels(list []*told) []*kernel {
	var all []*kernel
	known := make(map[string]*kernel)
	for _, t := range list {
		boot := ""
		if h := t.host.Report; h != nil && h.Host != nil {
			boot = h.Host.Boot
		}
		k := known[boot]
		if boot == "" || k == nil {
			k = new(kernel)
			all = append(all, k)
			known[boot] = k
		}
		k.hosts = append(k.hosts, t)
	}
	for _, k := range all {
		k.count()
	}
	return all
}

// count counts each drop once: of rows that are alike the largest. What is in
// totals and in no row, because there was no room for more rows, is that of the
// host that has most of it.
func (k *kernel) count() {
	k.classes = make(map[string]uint64)
	rows := k.hosts[0].rows
	if len(k.hosts) > 1 {
		rows = make(map[rowKey]*row, len(rows))
	}
	rest := make(map[string]uint64)
	for _, t := range k.hosts {
		k.seconds = max(k.seconds, t.seconds)
		k.missed = max(k.missed, t.missed)
		var lost uint64
		classes := make(map[string]uint64)
		for key, r := range t.rows {
			if !r.benign() {
				lost = plus(lost, r.packets)
			}
			classes[r.class] = plus(classes[r.class], r.packets)
			if len(k.hosts) > 1 {
				rows[key] = larger(rows[key], r)
			}
		}
		k.beyond = max(k.beyond, less(t.lost, lost))
		for class, n := range t.classes {
			rest[class] = max(rest[class], less(n, classes[class]))
		}
	}
	k.lost = k.beyond
	for _, r := range rows {
		k.rows = append(k.rows, r)
		k.classes[r.class] = plus(k.classes[r.class], r.packets)
		if !r.benign() {
			k.lost = plus(k.lost, r.packets)
		}
	}
	for class, n := range rest {
		k.classes[class] = plus(k.classes[class], n)
	}
	slices.SortFunc(k.rows, compareRows)
}

// larger is the one with more packets, with the flows of both.
func larger(a, b *row) *row {
	if a == nil {
		return b
	}
	if b.packets > a.packets {
		a, b = b, a
	}
	for _, f := range b.flows {
		a.addFlow(f)
	}
	a.text = cmp.Or(a.text, b.text)
	return a
}

// compareRows puts more packets first.
func compareRows(a, b *row) int {
	return cmp.Or(
		cmp.Compare(b.packets, a.packets), strings.Compare(a.reason, b.reason), strings.Compare(a.function, b.function),
		strings.Compare(a.subsystem, b.subsystem), strings.Compare(a.class, b.class), strings.Compare(a.netns, b.netns),
		strings.Compare(a.device, b.device), strings.Compare(a.transport, b.transport), strings.Compare(a.process, b.process),
	)
}

func (r *row) benign() bool { return r.class == "benign" }

// name is what people know the row by.
func (r *row) name() string { return cmp.Or(r.reason, r.function, "(no reason)") }
