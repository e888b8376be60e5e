package cluster

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"dropwatch/internal/peer/statedir"
)

// A Cause is drops of one reason on all hosts.
type Cause struct {
	Reason    string   `json:"reason"`
	Subsystem string   `json:"subsystem,omitempty"`
	Class     string   `json:"class,omitempty"`
	Packets   uint64   `json:"packets"`
	Hosts     []string `json:"hosts"` // those with most of them first
	Text      string   `json:"text,omitempty"`
	// ByHost is how many of the packets each of Hosts counts.
	ByHost []HostPackets `json:"by_host"`
	// Also are packets of these that another host saw from the other end, and
	// that are not counted there.
	Also []Pair `json:"also,omitempty"`
}

// HostPackets is a part of a sum.
type HostPackets struct {
	Host    string `json:"host"`
	Packets uint64 `json:"packets"`
}

// HostDrops is the drops of the hosts of one kernel.
type HostDrops struct {
	Host string `json:"host"`
	// SameKernel are others that run on the kernel of the host, and so tell of
	// the same drops.
	SameKernel []string `json:"same_kernel,omitempty"`
	Lost       uint64   `json:"lost"`
	Rate       float64  `json:"lost_per_second"`
	Missed     uint64   `json:"missed"`
	Seconds    float64  `json:"seconds"`          // that the host tells of
	Reason     string   `json:"reason,omitempty"` // of most of its lost packets
	Outlier    bool     `json:"outlier,omitempty"`
}

// A ClassSum is the drops that matter alike.
type ClassSum struct {
	Class   string `json:"class"`
	Packets uint64 `json:"packets"`
}

// A DropReport is the drops of all hosts in the time that their records tell of,
// or since a time. Each drop is counted once:
//
// Hosts with the same boot run on one kernel, as agents in several containers do,
// and tell of the same drops. Of rows that are alike (reason, subsystem, function,
// class, network namespace, interface, transport and process) the largest counts.
// What such a host has in its totals only counts once too, the largest of them. A
// namespace that one of them knows by name and another by number is two.
//
// A row of one kernel and a row of another one whose sample flows are the same
// flow in opposite directions, with ports and the same transport, are one event
// seen from both ends: one refuses a packet, the other one drops the answer. The
// row of the more serious class (loss, policy, peer, proto, benign) counts, or the
// larger one; the smaller of both counts is taken off the other row. A packet that
// is dropped in the same direction on two kernels is two packets.
type DropReport struct {
	Schema string `json:"schema"` // dropwatch.cluster-drops.v1
	// Since is the begin of the time; without it hosts tell of their last
	// minute or what their drops.window says.
	Since   *time.Time `json:"since,omitempty"`
	Seconds float64    `json:"seconds,omitempty"` // from then on
	Hosts   int        `json:"hosts"`
	Lost    uint64     `json:"lost"`
	Missed  uint64     `json:"missed"`
	// Twice is how many packets were seen from both ends.
	Twice   uint64     `json:"seen_twice"`
	Classes []ClassSum `json:"classes"`
	Causes  []Cause    `json:"causes"`
	// Unlisted are lost packets whose reasons found no room in the records.
	Unlisted uint64      `json:"unlisted,omitempty"`
	ByHost   []HostDrops `json:"by_host"` // outliers first, then who loses most
	// Partly are hosts that tell of less than 95 % of the time.
	Partly []Coverage `json:"partly,omitempty"`
	// Silent are hosts that tell of no drops: they are down, or cannot see any.
	Silent []string `json:"silent,omitempty"`
}

// A Coverage is how much of the time a host tells of.
type Coverage struct {
	Host    string  `json:"host"`
	Seconds float64 `json:"seconds"`
}

// enough is the share of the time that is as good as all of it.
const enough = 0.95

// Drops adds up what the hosts that are up have told last.
func (v *View) Drops() *DropReport {
	var list []*told
	r := newDropReport()
	for i := range v.Hosts {
		if t := latest(&v.Hosts[i]); t != nil {
			list = append(list, t)
		} else {
			r.Silent = append(r.Silent, v.Hosts[i].Name)
		}
	}
	r.count(list)
	return r
}

// DropsSince adds up what all hosts have told since a time, as far as the state
// directory remembers it. A window of drops, a minute or so, in which the time
// begins counts whole. What cannot be read is left out and told in the error; the
// report is there all the same.
func (v *View) DropsSince(path string, begin time.Time) (*DropReport, error) {
	r := newDropReport()
	begin = begin.UTC()
	r.Since, r.Seconds = &begin, v.Time.Sub(begin).Seconds()
	past, err := statedir.OpenPast(path)
	if err != nil {
		return r, err
	}
	defer past.Close()
	var list []*told
	var problems []error
	for i, found := range v.allSince(past, begin) {
		t := found.told
		if found.err != nil {
			problems = append(problems, found.err)
		}
		if t == nil {
			r.Silent = append(r.Silent, v.Hosts[i].Name)
			continue
		}
		list = append(list, t)
		if t.seconds < enough*r.Seconds {
			r.Partly = append(r.Partly, Coverage{t.host.Name, t.seconds})
		}
	}
	slices.SortStableFunc(r.Partly, func(a, b Coverage) int { return cmp.Compare(a.Seconds, b.Seconds) })
	r.count(list)
	return r, errors.Join(problems...)
}

func newDropReport() *DropReport {
	return &DropReport{Schema: "dropwatch.cluster-drops.v1", Classes: []ClassSum{}, Causes: []Cause{}, ByHost: []HostDrops{}}
}

// count makes the report of what hosts told.
func (r *DropReport) count(list []*told) {
	r.Hosts = len(list)
	all := kernels(list)
	both := pairs(all)
	sums := make(map[string]uint64)
	for _, k := range all {
		r.Lost = plus(r.Lost, k.lost)
		r.Missed = plus(r.Missed, k.missed)
		r.Unlisted = plus(r.Unlisted, k.beyond)
		for class, n := range k.classes {
			sums[class] = plus(sums[class], n)
		}
		r.ByHost = append(r.ByHost, k.drops())
	}
	for class, n := range sums {
		if n > 0 {
			r.Classes = append(r.Classes, ClassSum{class, n})
		}
	}
	slices.SortFunc(r.Classes, func(a, b ClassSum) int {
		return cmp.Or(cmp.Compare(b.Packets, a.Packets), strings.Compare(a.Class, b.Class))
	})
	r.Causes = causes(all, both)
	for _, found := range both {
		for _, p := range found {
			r.Twice = plus(r.Twice, p.Packets)
		}
	}
	markOutliers(r.ByHost)
	slices.SortStableFunc(r.ByHost, compareHosts)
}

// compareHosts puts outliers first, then those that lose most.
func compareHosts(a, b HostDrops) int {
	switch {
	case a.Outlier && !b.Outlier:
		return -1
	case b.Outlier && !a.Outlier:
		return 1
	}
	return cmp.Or(cmp.Compare(b.Rate, a.Rate), cmp.Compare(b.Lost, a.Lost))
}

// drops names the kernel after the host that loses most there.
func (k *kernel) drops() HostDrops {
	first := k.hosts[0]
	for _, t := range k.hosts[1:] {
		if t.lost > first.lost {
			first = t
		}
	}
	d := HostDrops{Host: first.host.Name, Lost: k.lost, Missed: k.missed, Seconds: k.seconds}
	for _, t := range k.hosts {
		if t != first {
			d.SameKernel = append(d.SameKernel, t.host.Name)
		}
	}
	if k.seconds > 0 {
		d.Rate = float64(k.lost) / k.seconds
	}
	sums := make(map[string]uint64)
	for _, r := range k.rows {
		if r.packets == 0 || r.benign() {
			continue
		}
		n := plus(sums[r.name()], r.packets)
		sums[r.name()] = n
		if best := sums[d.Reason]; n > best || n == best && r.name() < d.Reason {
			d.Reason = r.name()
		}
	}
	return d
}
