package session

import (
	"cmp"
	"slices"
	"time"

	"dropwatch/dropmon"
	"dropwatch/internal/report"
)

// IntervalBalanced is Interval with what counters tell: the rises of this time
// divided among drops, the drops that counters alone show, and who dropped the
// packets of each row. Where counters are of no use it is Interval alone.
//
// Counters and drops are not read at the same instant, so a drop at the edge may
// be in one interval and its counter in the next. Therefore everything since
// Open is balanced each time, and told is by how much that has grown: over all
// intervals nothing is unexplained because of an edge.
func (s *Session) IntervalBalanced() (*report.Summary, error) {
	if s.meter == nil || !s.countable() || s.config.Packets {
		return s.Interval()
	}
	shown := s.shown(&s.interval)
	r, err := s.Interval()
	if err != nil {
		return nil, err
	}
	// Counters that are read now know of all drops in the rows.
	if s.ended.IsZero() {
		s.meter.Sample()
		if err := s.Receive(time.Now(), nil); err != nil {
			return nil, err
		}
	}
	stats, err := s.source.Stats()
	if err != nil {
		return nil, err
	}
	e, groups := s.evidence(stats.Unseen > 0 || stats.AtLeast)
	b := s.namer.base.Reconcile(e)
	s.blame(r.Drops, shown, groups, b)
	for i := range r.Drops {
		s.told.culprits(&r.Drops[i])
	}
	r.Counters = s.told.rises(s.counterRows(&e, b, groups))
	for _, d := range s.told.silent(s.silentRows(b)) {
		r.Add(&d, s.config.All || d.Class != string(dropmon.Benign))
	}
	slices.SortStableFunc(r.Drops, func(x, y report.Drop) int { return cmp.Compare(y.Packets, x.Packets) })
	return r, nil
}

// A ledger remembers how much of the sums since Open was told in intervals.
type ledger struct {
	counters map[counterKey]report.Counter
	drops    map[counterKey]uint64
	blamed   map[blameKey]uint64
}

// counterKey tells counters apart.
type counterKey struct {
	name    string
	netns   uint32
	ifindex uint32
	object  string
}

// blameKey tells the culprits of rows apart.
type blameKey struct {
	reason, address, trap string
	netns, ifindex        uint32
	protocol, transport   string
	kind, name            string
}

func keyOf(name, object string, n *report.NetNS, i *report.Interface) counterKey {
	k := counterKey{name: name, object: object}
	if n != nil {
		k.netns = n.Inode
	}
	if i != nil {
		k.ifindex = i.Index
	}
	return k
}

// rises leaves of each counter what is new. What was unexplained may have found
// its drop since, so that its part does not shrink below nothing.
func (l *ledger) rises(now []report.Counter) []report.Counter {
	before := l.counters
	l.counters = make(map[counterKey]report.Counter, len(now))
	var news []report.Counter
	for _, c := range now {
		key := keyOf(c.Name, c.Object, c.NetNS, c.Interface)
		l.counters[key] = c
		old := before[key]
		if c.Delta <= old.Delta {
			continue
		}
		c.By = newShares(c.By, old.By)
		c.Delta -= old.Delta
		c.Unexplained -= min(c.Unexplained, old.Unexplained)
		c.Unexplained = min(c.Unexplained, c.Delta)
		c.Explained = c.Delta - c.Unexplained
		news = append(news, c)
	}
	return news
}

func newShares(now, before []report.CounterShare) []report.CounterShare {
	var news []report.CounterShare
	for _, share := range now {
		for _, old := range before {
			same := share.Process == old.Process || share.Process != nil && old.Process != nil && *share.Process == *old.Process
			if same && share.Reason == old.Reason && share.Subsystem == old.Subsystem {
				share.Packets -= min(share.Packets, old.Packets)
			}
		}
		if share.Packets > 0 {
			news = append(news, share)
		}
	}
	return news
}

// silent leaves of the drops that counters show what is new.
func (l *ledger) silent(now []report.Drop) []report.Drop {
	before := l.drops
	l.drops = make(map[counterKey]uint64, len(now))
	var news []report.Drop
	for _, d := range now {
		key := keyOf(d.Counter, d.Cause, d.NetNS, d.Interface)
		l.drops[key] += d.Packets
		if d.Packets -= min(before[key], d.Packets); d.Packets > 0 {
			d.Buffers = d.Packets
			news = append(news, d)
		}
	}
	return news
}

// culprits leaves those that dropped something in this interval, with how much.
func (l *ledger) culprits(d *report.Drop) {
	if l.blamed == nil {
		l.blamed = make(map[blameKey]uint64)
	}
	key := blameKey{reason: d.Reason, protocol: d.Protocol, transport: d.Transport}
	if d.Location != nil {
		key.address = d.Location.Address
	}
	if d.Trap != nil {
		key.trap = d.Trap.Name
	}
	place := keyOf("", "", d.NetNS, d.Interface)
	key.netns, key.ifindex = place.netns, place.ifindex
	kept, left := d.Culprit[:0], d.Buffers
	for _, c := range d.Culprit {
		key.kind, key.name = c.Kind, c.Name
		told := l.blamed[key]
		sum := c.Packets
		// what was dropped since the row was made is of the next row
		c.Packets = min(sum-min(sum, told), left)
		left -= c.Packets
		if c.Packets > 0 || sum == 0 {
			kept = append(kept, c)
		}
		if len(l.blamed) < maxBlamed || told > 0 {
			l.blamed[key] = told + c.Packets
		}
	}
	d.Culprit = kept
}

// maxBlamed bounds what is remembered of culprits.
const maxBlamed = 16384
