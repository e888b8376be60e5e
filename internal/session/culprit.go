package session

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"dropwatch/counters"
	"dropwatch/counters/sockstat"
	"dropwatch/dropmon"
	"dropwatch/internal/explain"
	"dropwatch/internal/report"
)

// blame adds to the rows of a report who dropped their packets, and advice with
// the settings of this host. Rows are in the order of shown.
func (s *Session) blame(drops []report.Drop, shown, groups []dropmon.Group, b explain.Balance) {
	settings := make(settings)
	for i := range drops {
		d := &drops[i]
		if d.Other {
			continue
		}
		var culprits []explain.Culprit
		for j := range groups {
			if s.sameRow(&groups[j], &shown[i]) {
				culprits = addCulprits(culprits, b.Culprits[j])
			}
		}
		d.Culprit = s.culprits(culprits, d)
		verdict := s.namer.base.Classify(s.facts(&shown[i]))
		if d.Advice == verdict.Advice && d.Advice != "" {
			d.Advice = verdict.Advise(s.values(d, culprits, settings))
		}
	}
}

// sameRow tells whether a group is part of a row, which may have been told not
// to keep everything apart.
func (s *Session) sameRow(g, row *dropmon.Group) bool {
	by := cmp.Or(s.config.By, dropmon.DefaultBy)
	is := func(attribute dropmon.By, same bool) bool { return by&attribute == 0 || same }
	return g.Class == row.Class && g.Origin == row.Origin && g.Other == row.Other && g.Unkeyed == row.Unkeyed &&
		is(dropmon.ByReason, g.Reason == row.Reason && g.Trap == row.Trap) &&
		is(dropmon.ByLocation, g.Location == row.Location) &&
		is(dropmon.ByNetNS, g.NetNS.Inode == row.NetNS.Inode) &&
		is(dropmon.ByInterface, g.Interface == row.Interface) &&
		is(dropmon.ByProtocol, g.Protocol == row.Protocol && g.Transport == row.Transport) &&
		is(dropmon.ByProcess, g.Process == row.Process) &&
		is(dropmon.ByFlow, g.Flow == row.Flow)
}

// addCulprits joins those of several groups, adding up what is the same.
func addCulprits(list, more []explain.Culprit) []explain.Culprit {
	for _, c := range more {
		at := slices.IndexFunc(list, func(o explain.Culprit) bool {
			return o.Kind == c.Kind && o.Socket == c.Socket && o.Rule == c.Rule && o.Qdisc == c.Qdisc && o.Link == c.Link && o.Address == c.Address
		})
		if at < 0 {
			list = append(list, c)
			continue
		}
		list[at].Packets += c.Packets
	}
	slices.SortStableFunc(list, func(x, y explain.Culprit) int { return cmp.Compare(y.Packets, x.Packets) })
	return list
}

func (s *Session) culprits(list []explain.Culprit, d *report.Drop) []report.Culprit {
	var culprits []report.Culprit
	for i := range list {
		culprits = append(culprits, s.culprit(&list[i], d))
	}
	return culprits
}

// culprit is one as a report value.
func (s *Session) culprit(c *explain.Culprit, d *report.Drop) report.Culprit {
	out := report.Culprit{Kind: string(c.Kind), Packets: c.Packets}
	switch {
	case c.Socket != nil:
		out.Process = s.ownerOf(c.Socket)
		out.Socket = socketOf(&c.Socket.Socket)
		out.Name = socketName(out.Socket, out.Process)
	case c.Rule != nil:
		out.Rule = ruleOf(c.Rule)
		out.Name = ruleName(c.Rule)
	case c.Qdisc != nil:
		out.Qdisc = qdiscOf(c.Qdisc)
		out.Interface = &report.Interface{Index: c.Qdisc.Scope.Interface.Index, Name: c.Qdisc.Scope.Interface.Name}
		out.Name = qdiscName(c.Qdisc)
	case c.Kind == explain.CulpritProgram:
		out.Interface = &report.Interface{Index: c.Link.Index, Name: c.Link.Name}
		out.Name = "XDP program on " + c.Link.Name
	case c.Kind == explain.CulpritNeighbour:
		out.Address, out.Interface = c.Address.String(), d.Interface
		out.Name = "no answer from " + out.Address + ", or from the router on the way to it"
	case c.Kind == explain.CulpritRoute:
		out.Address = c.Address.String()
		out.Name = "route to " + out.Address
	}
	return out
}

// ownerOf is the process that holds a socket; nil for the kernel's own.
func (s *Session) ownerOf(socket *counters.Socket) *report.Process {
	p, ok := s.names.Processes.Lookup(uint64(socket.Inode))
	if !ok {
		return nil
	}
	return processOf(p)
}

func socketOf(s *sockstat.Socket) *report.Socket {
	out := &report.Socket{Protocol: s.Protocol.String(), Inode: s.Inode, Received: s.Memory.Received, ReceiveBuffer: s.Memory.ReceiveBuffer}
	if s.Local.IsValid() {
		out.Local = endOfSocket(s.Local)
	}
	if s.Protocol == sockstat.TCP {
		out.Received, out.ReceiveBuffer = 0, 0
		out.Accept, out.Backlog = &s.Listen.Accept, &s.Listen.Limit
	}
	return out
}

// endOfSocket writes an address that stands for all as a star.
func endOfSocket(a netip.AddrPort) string {
	if a.Addr().IsUnspecified() {
		return fmt.Sprintf("*:%d", a.Port())
	}
	return endPoint(a)
}

func socketName(s *report.Socket, p *report.Process) string {
	parts := []string{strings.TrimSpace(s.Protocol + " socket " + s.Local)}
	if p != nil {
		parts = []string{fmt.Sprintf("%s, pid %d", p.Name, p.PID), parts[0]}
	}
	switch {
	case s.Backlog != nil:
		parts = append(parts, fmt.Sprintf("%d of %d waiting to be accepted", *s.Accept, *s.Backlog))
	case s.ReceiveBuffer > 0:
		parts = append(parts, fmt.Sprintf("receive buffer %d bytes", s.ReceiveBuffer))
	}
	return strings.Join(parts, ", ")
}

func ruleOf(r *counters.Rule) *report.Rule {
	return &report.Rule{
		System: string(r.System), Family: r.Family, Table: r.Table, Chain: r.Chain, Hook: r.Hook,
		Handle: r.Handle, Number: r.Number, Policy: r.Policy, Verdict: string(r.Verdict), Comment: r.Comment,
	}
}

func ruleName(r *counters.Rule) string {
	if r.Policy {
		return "firewall policy " + r.Rule.String()
	}
	return "firewall rule " + r.Rule.String()
}

func qdiscOf(q *counters.Qdisc) *report.Qdisc {
	out := &report.Qdisc{Kind: q.Kind, Parent: q.Parent.String()}
	if q.Handle != 0 {
		out.Handle = q.Handle.String()
	}
	for _, s := range q.Settings {
		out.Settings = append(out.Settings, report.Setting{Name: s.Name, Value: s.Value, Unit: s.Unit})
	}
	return out
}

func qdiscName(q *counters.Qdisc) string {
	name := q.Scope.Object + " on " + q.Scope.Interface.Name
	if limit := limitOf(q); limit != "" {
		name += ", limit " + limit
	}
	return name
}

// limitOf is the limit of what may wait in a queueing discipline.
func limitOf(q *counters.Qdisc) string {
	for _, s := range q.Settings {
		if s.Name == "limit" {
			return strings.TrimSpace(fmt.Sprintf("%d %s", s.Value, s.Unit))
		}
	}
	return ""
}
