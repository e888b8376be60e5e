package recording

import (
	"cmp"
	"slices"

	"dropwatch/dropmon"
	"dropwatch/internal/report"
)

// A View is how a recording is looked at.
type View struct {
	By     dropmon.By      // of the rows; 0 means dropmon.DefaultBy
	All    bool            // show benign drops too
	Filter *dropmon.Filter // of the session on the recording
}

// Complete adds to the summary of all packets what they do not tell: what was
// only counted, counters of the kernel, and who dropped the packets.
func (s *Source) Complete(r *report.Summary, v View) {
	narrowed := s.narrowed(v)
	if !narrowed && len(s.wanted.netns) == 0 {
		s.addCounts(r)
	}
	s.tell(r, v, narrowed)
	r.Packet = s.head.Packet
	if s.head.Filter != "" {
		r.Filter = s.head.Filter
		if v.Filter != nil {
			r.Filter = "(" + s.head.Filter + ") && (" + v.Filter.String() + ")"
		}
	}
	if s.summary == nil || !s.whole {
		return
	}
	r.From, r.To, r.Seconds = s.summary.From, s.summary.To, s.summary.Seconds
	s.blame(r, cmp.Or(v.By, dropmon.DefaultBy))
	s.AddCounters(r, v)
}

// AddCounters adds the counters of the whole recording, and the drops that they
// alone show, unless what is replayed is but a part of it.
func (s *Source) AddCounters(r *report.Summary, v View) {
	if s.summary == nil || !s.whole || s.narrowed(v) {
		return
	}
	for _, c := range s.summary.Counters {
		if s.covers(c.NetNS) {
			r.Counters = append(r.Counters, c)
		}
	}
	for i := range s.summary.Drops {
		d := &s.summary.Drops[i]
		if d.Origin == counterOrigin && s.covers(d.NetNS) {
			r.Add(d, v.All || d.Class != string(dropmon.Benign))
		}
	}
	slices.SortStableFunc(r.Drops, func(x, y report.Drop) int { return cmp.Compare(y.Packets, x.Packets) })
}

// narrowed tells whether drops are left out that counters count.
func (s *Source) narrowed(v View) bool { return v.Filter != nil || len(s.wanted.devices) > 0 }

// counterOrigin is the origin of drops that counters alone show.
const counterOrigin = "counter"

func (s *Source) addCounts(r *report.Summary) {
	c := s.counts()
	r.Total.Packets += c.Benign
	r.Total.Benign += c.Benign
	r.Total.Bytes += c.BenignBytes
	r.Total.Fragments = c.Fragments
}

// covers tells whether a counter is of the namespaces that are replayed.
func (s *Source) covers(n *report.NetNS) bool {
	if len(s.wanted.netns) == 0 {
		return true
	}
	return n != nil && s.wanted.hasNetNS(n.Inode, n.Name)
}

// tell says what the summary cannot contain.
func (s *Source) tell(r *report.Summary, v View, narrowed bool) {
	add := func(what, why string) {
		if why != "" {
			r.Coverage = append(r.Coverage, report.Coverage{What: what, Why: why})
		}
	}
	for _, why := range s.more {
		add("recording", why)
	}
	if s.head.Schema == "" { // dwdump's
		return
	}
	switch {
	case s.summary == nil && s.err != nil && s.Err() == nil:
		add("counters", "they are told at the end of a recording, which is not there")
	case s.summary != nil && !s.whole:
		add("counters", "they are of the whole recording, of which this is a part")
	}
	if s.summary != nil && s.whole {
		r.Coverage = append(r.Coverage, s.summary.Coverage...)
	}
	if !s.head.All && (v.All || narrowed || len(s.wanted.netns) > 0) {
		add("benign drops", "they were only counted, because the recording was made without --all")
	}
}

// blame takes over who dropped the packets, advice with the settings that were
// in force, and what became known of processes at the end. Rows that tell more
// apart than the recorded ones cannot have it.
func (s *Source) blame(r *report.Summary, by dropmon.By) {
	if by&^dropmon.DefaultBy != 0 {
		return
	}
	for i := range r.Drops {
		d := &r.Drops[i]
		if d.Other {
			continue
		}
		var old []*report.Drop
		for j := range s.summary.Drops {
			if o := &s.summary.Drops[j]; sameRow(o, d, by) {
				old = append(old, o)
			}
		}
		for _, o := range old {
			d.Culprit = append(d.Culprit, o.Culprit...)
		}
		slices.SortStableFunc(d.Culprit, func(x, y report.Culprit) int { return cmp.Compare(y.Packets, x.Packets) })
		if len(old) == 1 {
			inherit(d, old[0])
		}
	}
}

func inherit(d, old *report.Drop) {
	if d.Cause == old.Cause && old.Advice != "" { // else this knowledge base knows better
		d.Advice = old.Advice
	}
	if d.Process == nil {
		d.Process = old.Process
	}
	if d.Sample != nil && old.Sample != nil && d.Sample.Process == nil {
		d.Sample.Process = old.Sample.Process
	}
}

// sameRow tells whether a recorded row is part of a row.
func sameRow(old, d *report.Drop, by dropmon.By) bool {
	is := func(attribute dropmon.By, same bool) bool { return by&attribute == 0 || same }
	return old.Class == d.Class && old.Origin == d.Origin && old.Other == d.Other &&
		is(dropmon.ByReason, old.Reason == d.Reason && old.Subsystem == d.Subsystem && same(old.Trap, d.Trap)) &&
		is(dropmon.ByLocation, address(old) == address(d)) &&
		is(dropmon.ByNetNS, inode(old) == inode(d)) &&
		is(dropmon.ByInterface, same(old.Interface, d.Interface)) &&
		is(dropmon.ByProtocol, old.Protocol == d.Protocol && old.Transport == d.Transport)
}

func same[T comparable](x, y *T) bool { return x == y || x != nil && y != nil && *x == *y }

func address(d *report.Drop) string {
	if d.Location == nil {
		return ""
	}
	return d.Location.Address
}

func inode(d *report.Drop) uint32 {
	if d.NetNS == nil {
		return 0
	}
	return d.NetNS.Inode
}
