package cluster

import (
	"cmp"
	"slices"
	"strings"
)

// A causeKey is what one cause is known by.
type causeKey struct{ subsystem, name, class string }

// causes adds up the rows of all kernels by reason, most packets first.
func causes(all []*kernel, both map[*row][]Pair) []Cause {
	found := make(map[causeKey]*Cause)
	packets := make(map[causeKey]map[*Host]uint64)
	for _, k := range all {
		for _, r := range k.rows {
			if r.packets == 0 {
				continue
			}
			key := causeKey{r.subsystem, r.name(), r.class}
			c := found[key]
			if c == nil {
				c = &Cause{Reason: r.name(), Subsystem: r.subsystem, Class: r.class}
				found[key] = c
				packets[key] = make(map[*Host]uint64)
			}
			c.Packets = plus(c.Packets, r.packets)
			c.Text = cmp.Or(c.Text, r.text)
			c.Also = append(c.Also, both[r]...)
			packets[key][r.host] = plus(packets[key][r.host], r.packets)
		}
	}
	list := make([]Cause, 0, len(found))
	for key, c := range found {
		c.byHost(packets[key])
		c.Also = mergePairs(c.Also)
		list = append(list, *c)
	}
	slices.SortFunc(list, func(a, b Cause) int {
		return cmp.Or(
			cmp.Compare(b.Packets, a.Packets), strings.Compare(a.Reason, b.Reason),
			strings.Compare(a.Subsystem, b.Subsystem), strings.Compare(a.Class, b.Class),
		)
	})
	return list
}

func (c *Cause) byHost(packets map[*Host]uint64) {
	for h, n := range packets {
		c.ByHost = append(c.ByHost, HostPackets{h.Name, n})
	}
	slices.SortFunc(c.ByHost, func(a, b HostPackets) int {
		return cmp.Or(cmp.Compare(b.Packets, a.Packets), strings.Compare(a.Host, b.Host))
	})
	for _, h := range c.ByHost {
		c.Hosts = append(c.Hosts, h.Host)
	}
}

// mergePairs adds up what the same two hosts saw, most packets first.
func mergePairs(list []Pair) []Pair {
	sums := make(map[Pair]uint64)
	for _, p := range list {
		n := p.Packets
		p.Packets = 0
		sums[p] = plus(sums[p], n)
	}
	list = list[:0]
	for p, n := range sums {
		p.Packets = n
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b Pair) int {
		return cmp.Or(
			cmp.Compare(b.Packets, a.Packets), strings.Compare(a.Host, b.Host),
			strings.Compare(a.Other, b.Other), strings.Compare(a.Reason, b.Reason),
		)
	})
	return list
}
