package session

import (
	"cmp"
	"slices"

	"dropwatch/counters"
	"dropwatch/dropmon"
	"dropwatch/internal/explain"
	"dropwatch/internal/report"
)

// countable tells whether all drops are watched, without which counters cannot
// be explained.
func (s *Session) countable() bool {
	return s.config.Filter == nil && len(s.config.Devices) == 0 && !s.config.Packets && s.config.open == nil
}

// addCounters adds what counters tell to a report of all drops so far.
func (s *Session) addCounters(r *report.Summary) {
	if s.meter == nil {
		return
	}
	b, groups := s.balance(r.Missed.Events > 0 || r.Missed.AtLeast)
	r.Counters = s.counterRows(b, groups)
	silent := s.silentRows(b)
	for _, d := range silent {
		r.Total.Packets += d.Packets
		r.Total.Lost += d.Packets
	}
	r.Drops = append(r.Drops, silent...)
	slices.SortStableFunc(r.Drops, func(x, y report.Drop) int { return cmp.Compare(y.Packets, x.Packets) })
	if err := s.meter.Refused(); err != nil {
		r.Coverage = append(r.Coverage, report.Coverage{What: "counters", Why: err.Error()})
	}
	for _, p := range s.meter.Problems() {
		r.Coverage = append(r.Coverage, report.Coverage{What: "counters of " + p.Source, Why: p.Err.Error()})
	}
}

// balance sets all drops so far against the counters as they were read last.
// Counters must be read before the drops are received, so that every rise has
// its drop among those received.
func (s *Session) balance(atLeast bool) (explain.Balance, []dropmon.Group) {
	groups := s.sum.Groups()
	e := explain.Evidence{Changes: s.meter.Changes(), AtLeast: atLeast}
	for _, sample := range s.meter.Latest() {
		e.Qdiscs = append(e.Qdiscs, sample.Qdiscs...)
	}
	for i := range groups {
		groups[i].Resolve(s.names.Fill)
		e.Losses = append(e.Losses, s.loss(&groups[i]))
	}
	return s.namer.base.Reconcile(e), groups
}

func (s *Session) loss(g *dropmon.Group) explain.Loss {
	return explain.Loss{
		Facts: explain.Facts{
			Reason: g.Reason.Name, Subsystem: g.Reason.Subsystem, Function: s.namer.symbol(g.Location).Name,
			Protocol: g.Protocol, Transport: g.Transport, Flags: g.Flags,
		},
		NetNS: g.NetNS.Inode, Interface: g.Interface.Index,
		Packets: g.Packets, Buffers: g.Buffers,
	}
}

// counterRows are the accounts as report values.
func (s *Session) counterRows(b explain.Balance, groups []dropmon.Group) []report.Counter {
	rows := make([]report.Counter, 0, len(b.Accounts))
	for i := range b.Accounts {
		rows = append(rows, s.counterRow(&b.Accounts[i], groups))
	}
	return rows
}

func (s *Session) counterRow(a *explain.Account, groups []dropmon.Group) report.Counter {
	c := report.Counter{
		Name: a.Name, Object: a.Scope.Object, Delta: a.Delta,
		Explained: a.Delta - a.Unexplained, Unexplained: a.Unexplained,
		AtLeast: a.AtLeast, Loss: a.Loss, Parent: a.Parent, Cause: a.Cause, Note: a.Note,
	}
	c.NetNS, c.Interface = s.placeOf(a.Scope)
	if meta, ok := counters.Lookup(a.Name); ok {
		c.Meaning = meta.Help
	}
	for _, share := range a.Shares {
		g := &groups[share.Loss]
		c.By = addShare(c.By, report.CounterShare{
			Reason: g.Reason.Name, Subsystem: g.Reason.Subsystem, Packets: share.Packets, Process: processOf(cmp.Or(g.Process, g.Owner)),
		})
	}
	if a.Silent > 0 {
		c.By = append(c.By, report.CounterShare{Packets: a.Silent})
	}
	return c
}

// addShare adds up shares that read the same.
func addShare(list []report.CounterShare, share report.CounterShare) []report.CounterShare {
	at := slices.IndexFunc(list, func(c report.CounterShare) bool {
		same := c.Process == share.Process || c.Process != nil && share.Process != nil && *c.Process == *share.Process
		return same && c.Reason == share.Reason && c.Subsystem == share.Subsystem
	})
	if at < 0 {
		return append(list, share)
	}
	list[at].Packets += share.Packets
	return list
}

func (s *Session) placeOf(scope counters.Scope) (*report.NetNS, *report.Interface) {
	var netns *report.NetNS
	var device *report.Interface
	if scope.NetNS != 0 {
		netns = &report.NetNS{Inode: scope.NetNS, Name: s.names.Namespaces.Name(scope.NetNS)}
	}
	if i := scope.Interface; i != (counters.Interface{}) {
		device = &report.Interface{Index: i.Index, Name: i.Name}
	}
	return netns, device
}

// silentRows are the drops that counters alone show.
func (s *Session) silentRows(b explain.Balance) []report.Drop {
	var rows []report.Drop
	for _, d := range b.Silent {
		row := report.Drop{
			Packets: d.Packets, Buffers: d.Packets, Class: string(d.Verdict.Class), Origin: "counter",
			Counter: d.Counter, Cause: d.Verdict.Cause, Advice: d.Verdict.Advice,
		}
		row.NetNS, row.Interface = s.placeOf(d.Scope)
		rows = append(rows, row)
	}
	return rows
}
