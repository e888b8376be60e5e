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
// be explained. Where single packets are delivered it is done only if asked for.
func (s *Session) countable() bool {
	packets := s.config.Packets && !s.config.Counters
	return s.config.Filter == nil && s.config.PacketFilter == nil && len(s.config.Devices) == 0 && !packets && s.config.open == nil
}

// addCounters adds what counters tell to a report of all drops so far.
func (s *Session) addCounters(r *report.Summary) {
	if s.meter == nil || !s.countable() {
		return
	}
	missed := r.Missed
	missed.Unkeyed = 0 // these are in a row
	e, groups := s.evidence(missed.Any())
	b := s.namer.base.Reconcile(e)
	r.Counters = s.counterRows(&e, b, groups)
	s.blame(r.Drops, s.shown(&s.sum), groups, b)
	for _, d := range s.silentRows(b) {
		r.Add(&d, s.config.All || d.Class != string(dropmon.Benign))
	}
	slices.SortStableFunc(r.Drops, func(x, y report.Drop) int { return cmp.Compare(y.Packets, x.Packets) })
	if err := s.meter.Refused(); err != nil {
		r.Coverage = append(r.Coverage, report.Coverage{What: "counters", Why: err.Error()})
	}
	for _, p := range s.meter.Problems() {
		r.Coverage = append(r.Coverage, report.Coverage{What: "counters of " + p.Source, Why: p.Err.Error()})
	}
}

// evidence is all drops so far and the counters as they were read last.
// Counters must be read before the drops are received, so that every rise has
// its drop among those received.
func (s *Session) evidence(atLeast bool) (explain.Evidence, []dropmon.Group) {
	groups := s.sum.Groups()
	e := explain.Evidence{Changes: s.meter.Changes(), AtLeast: atLeast}
	if len(s.namespaces) > 0 {
		// drops elsewhere, which are not watched, raise the counters of the host too
		e.Changes = slices.DeleteFunc(e.Changes, func(c counters.Change) bool { return c.Scope.NetNS == 0 })
	}
	for _, sample := range s.meter.Latest() {
		e.Links = append(e.Links, sample.Links...)
		e.Qdiscs = append(e.Qdiscs, sample.Qdiscs...)
		e.Sockets = append(e.Sockets, sample.Sockets...)
		e.Rules = append(e.Rules, sample.Rules...)
	}
	for i := range groups {
		groups[i].Resolve(s.names.Fill)
		e.Losses = append(e.Losses, s.loss(&groups[i]))
	}
	return e, groups
}

func (s *Session) loss(g *dropmon.Group) explain.Loss {
	l := explain.Loss{
		Facts: s.facts(g), NetNS: g.NetNS.Inode, Interface: g.Interface.Index,
		Packets: g.Packets, Buffers: g.Buffers, Socket: g.Socket, Flow: g.Flow,
	}
	if g.Sample != nil {
		l.Flow = g.Sample.Flow
	}
	return l
}

func (s *Session) facts(g *dropmon.Group) explain.Facts {
	return explain.Facts{
		Reason: g.Reason.Name, Subsystem: g.Reason.Subsystem, Function: s.namer.symbol(g.Location).Name,
		Protocol: g.Protocol, Transport: g.Transport, Flags: g.Flags,
		Trap: g.Trap.Name, TrapGroup: g.Trap.Group,
	}
}

// counterRows are the accounts as report values.
func (s *Session) counterRows(e *explain.Evidence, b explain.Balance, groups []dropmon.Group) []report.Counter {
	sockets := make(map[counters.Scope]*counters.Socket, len(e.Sockets))
	for i := range e.Sockets {
		sockets[e.Sockets[i].Scope] = &e.Sockets[i]
	}
	rows := make([]report.Counter, 0, len(b.Accounts))
	for i := range b.Accounts {
		a := &b.Accounts[i]
		var holder *report.Process
		if socket := sockets[a.Scope]; socket != nil {
			holder = s.ownerOf(socket)
		}
		rows = append(rows, s.counterRow(a, groups, holder))
	}
	return rows
}

// counterRow names the process of each share: the holder of the socket that
// counts, or else that of the drops.
func (s *Session) counterRow(a *explain.Account, groups []dropmon.Group, holder *report.Process) report.Counter {
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
			Reason: g.Reason.Name, Subsystem: g.Reason.Subsystem, Packets: share.Packets,
			Process: cmp.Or(holder, processOf(cmp.Or(g.Process, g.Owner))),
		})
	}
	if a.Silent > 0 {
		c.By = append(c.By, report.CounterShare{Packets: a.Silent, Process: holder})
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
		netns = &report.NetNS{Inode: scope.NetNS, Name: s.meter.Name(scope.NetNS)}
	}
	if i := scope.Interface; i != (counters.Interface{}) {
		device = &report.Interface{Index: i.Index, Name: i.Name}
	}
	return netns, device
}

// silentRows are the drops that counters alone show.
func (s *Session) silentRows(b explain.Balance) []report.Drop {
	read := make(settings)
	var rows []report.Drop
	for i := range b.Silent {
		d := &b.Silent[i]
		row := report.Drop{
			Packets: d.Packets, Buffers: d.Packets, Class: string(d.Verdict.Class), Origin: "counter",
			Counter: d.Counter, Cause: d.Verdict.Cause, Discard: discardOf(d.Verdict.Discard),
		}
		row.NetNS, row.Interface = s.placeOf(d.Scope)
		row.Culprit = s.culprits(d.Culprits, &row)
		row.Advice = d.Verdict.Advise(s.values(&row, d.Culprits, read))
		rows = append(rows, row)
	}
	return rows
}
