package session

import (
	"encoding/hex"
	"net/netip"
	"slices"
	"time"

	"dropwatch/dropmon"
	"dropwatch/internal/explain"
	"dropwatch/internal/report"
)

func (s *Session) report(sum *dropmon.Aggregate, from, to time.Time, stats dropmon.Stats) *report.Summary {
	r := &report.Summary{
		Schema: report.SummarySchema, Host: s.host, Kernel: s.kernel, Source: s.source.Name(),
		From: from.UTC(), To: to.UTC(), Seconds: to.Sub(from).Seconds(),
		Filter:   s.config.Filter.String(),
		Packet:   s.config.packetText(),
		Missed:   missedOf(stats),
		Drops:    []report.Drop{},
		Coverage: s.coverage(),
	}
	if s.config.By != 0 && s.config.By != dropmon.DefaultBy {
		r.By = s.config.By.String()
	}
	for _, g := range s.groups(sum) {
		r.Total.Packets += g.Packets
		r.Total.Bytes += g.Bytes
		if g.Class == dropmon.Benign {
			r.Total.Benign += g.Packets
			if !s.config.All {
				continue
			}
		} else {
			r.Total.Lost += g.Packets
		}
		r.Drops = append(r.Drops, s.row(&g))
	}
	return r
}

// groups are the rows that the user asked for.
func (s *Session) groups(sum *dropmon.Aggregate) []dropmon.Group {
	rows := dropmon.Aggregate{By: s.config.By}
	for _, g := range sum.Groups() {
		g.Resolve(s.names.Fill)
		rows.AddGroup(&g)
	}
	return slices.DeleteFunc(rows.Groups(), func(g dropmon.Group) bool {
		return !g.Other && !g.Unkeyed && !s.matches(s.rows, &g.Drop, s.namer.symbol(g.Location))
	})
}

// shown are the groups that a report has rows of, in their order.
func (s *Session) shown(sum *dropmon.Aggregate) []dropmon.Group {
	return slices.DeleteFunc(s.groups(sum), func(g dropmon.Group) bool { return g.Class == dropmon.Benign && !s.config.All })
}

// coverage tells what this process may not see.
func (s *Session) coverage() []report.Coverage {
	var list []report.Coverage
	if err := s.blind(); err != nil {
		list = append(list, report.Coverage{What: "drops", Why: err.Error()})
	} else if err := s.namer.symbols.Err(); err != nil {
		list = append(list, report.Coverage{What: "function names", Why: err.Error()})
	}
	for _, why := range s.names.Restricted() {
		list = append(list, report.Coverage{What: "owners", Why: why})
	}
	return list
}

func (s *Session) row(g *dropmon.Group) report.Drop {
	d := report.Drop{
		Packets: g.Packets, Buffers: g.Buffers, Bytes: g.Bytes,
		Reason: g.Reason.Name, Subsystem: g.Reason.Subsystem, Class: string(g.Class),
		Origin:   g.Origin.String(),
		Protocol: dropmon.ProtocolName(g.Protocol), Transport: dropmon.TransportName(g.Protocol, g.Transport),
		First: g.First.UTC(), Last: g.Last.UTC(),
		Other: g.Other || g.Unkeyed,
	}
	if d.Other {
		return d
	}
	d.Trap = trapOf(g.Trap)
	s.place(&d, g)
	s.whose(&d, g)
	verdict := s.namer.base.Classify(explain.Facts{
		Reason: g.Reason.Name, Subsystem: g.Reason.Subsystem, Function: symbolOf(d.Location),
		Protocol: g.Protocol, Transport: g.Transport, Flags: g.Flags,
		Trap: g.Trap.Name, TrapGroup: g.Trap.Group,
	})
	// A row of several kinds of drops has no single cause.
	if verdict.Class == g.Class && (g.Reason.Name != "" || g.Location != 0 || g.Trap.Name != "") {
		d.Cause, d.Advice = verdict.Cause, verdict.Advice
		d.Discard = discardOf(verdict.Discard)
	}
	return d
}

func trapOf(t dropmon.Trap) *report.Trap {
	if t == (dropmon.Trap{}) {
		return nil
	}
	return &report.Trap{Group: t.Group, Name: t.Name, Cookie: hex.EncodeToString([]byte(t.Cookie))}
}

func symbolOf(l *report.Location) string {
	if l == nil {
		return ""
	}
	return l.Symbol
}

func (s *Session) place(d *report.Drop, g *dropmon.Group) {
	if g.Location != 0 {
		d.Location = s.namer.location(g.Location)
	}
	d.NetNS, d.Interface = netnsOf(g.NetNS), interfaceOf(g.Interface)
}

func (s *Session) whose(d *report.Drop, g *dropmon.Group) {
	process := g.Process
	if s.config.By&dropmon.ByProcess == 0 {
		process = g.Owner
	}
	d.Process = processOf(process)
	if s.config.By&dropmon.ByFlow != 0 {
		d.Flow = flowOf(g.Flow)
	}
	if sample := g.Sample; sample != nil {
		d.Sample = &report.Sample{
			Source: endPoint(sample.Flow.Source), Destination: endPoint(sample.Flow.Destination),
			Length: sample.Length, Process: processOf(sample.Process),
		}
	}
}

func discardOf(d explain.Discard) *report.Discard {
	if d == (explain.Discard{}) {
		return nil
	}
	return &report.Discard{Code: d.Code, Name: d.Name}
}

func netnsOf(n dropmon.NetNS) *report.NetNS {
	if n.Inode == 0 {
		return nil
	}
	return &report.NetNS{Inode: n.Inode, Name: n.Name}
}

func interfaceOf(i dropmon.Interface) *report.Interface {
	if i == (dropmon.Interface{}) {
		return nil
	}
	return &report.Interface{Index: i.Index, Name: i.Name}
}

func flowOf(f dropmon.Flow) *report.Flow {
	if !f.Source.IsValid() {
		return nil
	}
	return &report.Flow{Source: endPoint(f.Source), Destination: endPoint(f.Destination)}
}

func processOf(p dropmon.Process) *report.Process {
	if p.PID == 0 {
		return nil
	}
	return &report.Process{PID: p.PID, Name: p.Name}
}

// endPoint leaves out a port that the protocol does not have.
func endPoint(a netip.AddrPort) string {
	switch {
	case !a.IsValid():
		return ""
	case a.Port() == 0:
		return a.Addr().String()
	}
	return a.String()
}
