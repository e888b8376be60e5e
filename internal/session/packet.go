package session

import (
	"dropwatch/dropmon"
	"dropwatch/internal/report"
)

// Packet is an entry as a report value. It shares the bytes of the packet, and
// with other packets the rest; none of that may be changed.
func (s *Session) Packet(e *Entry) report.Packet {
	d := report.Drop{
		Packets: e.Packets, Buffers: e.Buffers, Bytes: e.Bytes,
		Reason: e.Reason.Name, Subsystem: e.Reason.Subsystem, Class: string(e.Class),
		Origin: e.Origin.String(), Trap: trapOf(e.Trap), EtherType: e.Protocol,
		Protocol: dropmon.ProtocolName(e.Protocol), Transport: dropmon.TransportName(e.Protocol, e.Transport),
		Cause: e.Verdict.Cause, Advice: e.Verdict.Advice,
	}
	if e.Location != 0 {
		d.Location = s.namer.location(e.Location)
	}
	s.last.fill(&d, e)
	return report.Packet{
		Schema: report.PacketSchema, Time: e.Last.UTC(), Drop: d,
		Length: e.Length, CPU: e.CPU, Data: e.Drop.Packet, Link: e.LinkLength > 0,
	}
}

// alike is what the last packet had. In a flood most packets are alike, and
// thousands come in a second.
type alike struct {
	drop    dropmon.Drop // whose names the values are
	discard *report.Discard
	netns   *report.NetNS
	device  *report.Interface
	process *report.Process
	flow    *report.Flow
}

func (a *alike) fill(d *report.Drop, e *Entry) {
	if e.NetNS != a.drop.NetNS {
		a.drop.NetNS, a.netns = e.NetNS, netnsOf(e.NetNS)
	}
	if e.Interface != a.drop.Interface {
		a.drop.Interface, a.device = e.Interface, interfaceOf(e.Interface)
	}
	if e.Process != a.drop.Process {
		a.drop.Process, a.process = e.Process, processOf(e.Process)
	}
	if e.Flow != a.drop.Flow {
		a.drop.Flow, a.flow = e.Flow, flowOf(e.Flow)
	}
	if code := e.Verdict.Discard; a.discard == nil || a.discard.Name != code.Name {
		a.discard = discardOf(code)
	}
	d.Discard = a.discard
	d.NetNS, d.Interface, d.Process, d.Flow = a.netns, a.device, a.process, a.flow
}
