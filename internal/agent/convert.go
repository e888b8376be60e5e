package agent

import (
	"cmp"
	"slices"

	"dropwatch/internal/hoststat"
	"dropwatch/internal/peer/record"
	"dropwatch/internal/report"
)

// statusOf is what peers are told of a host's status.
func statusOf(s *hoststat.Status) *record.Status {
	out := &record.Status{
		Uptime: whole(s.UptimeSeconds), CPU: cpuOf(s.CPU), Clock: clockOf(s.Clock), Pressure: pressureOf(s.Pressure),
	}
	if s.CPUsOnline != nil {
		n := uint64(*s.CPUsOnline)
		out.CPUs = &n
	}
	if l := s.Load; l != nil {
		out.Load1, out.Load5, out.Load15 = &l.One, &l.Five, &l.Fifteen
	}
	if m := s.Memory; m != nil {
		out.MemoryTotal, out.MemoryAvailable = m.Total, m.Available
	}
	if w := s.Swap; w != nil {
		out.SwapTotal, out.SwapAvailable = w.Total, w.Free
	}
	if s.Users != nil {
		n := uint64(len(s.Users))
		out.UserCount, out.Users = &n, usersOf(s.Users)
	}
	out.FileSystems, out.Disks, out.Interfaces = fileSystemsOf(s.FileSystems), disksOf(s.Disks), interfacesOf(s.Interfaces)
	return out
}

func whole(f *float64) *uint64 {
	if f == nil || *f < 0 {
		return nil
	}
	n := uint64(*f)
	return &n
}

func cpuOf(c *hoststat.CPUShares) *record.CPU {
	if c == nil {
		return nil
	}
	out := &record.CPU{User: sum(c.User, c.Nice), System: c.System, SoftIRQ: c.SoftIRQ, IRQ: c.IRQ, Steal: c.Steal, IOWait: c.IOWait}
	out.Busy = sum(c.User, c.Nice, c.System, c.SoftIRQ, c.IRQ, c.Steal)
	return out
}

// sum adds what is known; nothing known is nil.
func sum(parts ...*float64) *float64 {
	var total float64
	known := false
	for _, p := range parts {
		if p != nil {
			total, known = total+*p, true
		}
	}
	if !known {
		return nil
	}
	return &total
}

func clockOf(c *hoststat.Clock) *record.Clock {
	if c == nil {
		return nil
	}
	return &record.Clock{Synchronised: &c.Synchronised, Offset: c.OffsetSeconds, MaxError: &c.MaxErrorSeconds}
}

// pressureOf turns percent into shares.
func pressureOf(p *hoststat.Pressure) *record.Pressure {
	if p == nil {
		return nil
	}
	share := func(s *hoststat.Stall) *float64 {
		if s == nil {
			return nil
		}
		f := s.Avg10 / 100
		return &f
	}
	out := new(record.Pressure)
	if p.CPU != nil {
		out.CPUSome = share(p.CPU.Some)
	}
	if p.Memory != nil {
		out.MemorySome, out.MemoryFull = share(p.Memory.Some), share(p.Memory.Full)
	}
	if p.IO != nil {
		out.IOSome, out.IOFull = share(p.IO.Some), share(p.IO.Full)
	}
	return out
}

// fileSystemsOf puts the fullest first.
func fileSystemsOf(list []hoststat.FileSystem) []record.FileSystem {
	if list == nil {
		return nil
	}
	out := make([]record.FileSystem, 0, len(list))
	for _, f := range list {
		out = append(out, record.FileSystem{Mount: f.MountPoint, Total: f.Total, Available: f.Available})
	}
	slices.SortStableFunc(out, func(a, b record.FileSystem) int { return cmp.Compare(fullness(b), fullness(a)) })
	return out
}

func fullness(f record.FileSystem) float64 {
	if f.Total == nil || f.Available == nil || *f.Total == 0 {
		return -1
	}
	return 1 - float64(*f.Available)/float64(*f.Total)
}

func disksOf(list []hoststat.Disk) []record.Disk {
	if list == nil {
		return nil
	}
	out := make([]record.Disk, 0, len(list))
	for _, d := range list {
		disk := record.Disk{Name: d.Name}
		if r := d.Rates; r != nil {
			disk.ReadBytes, disk.WriteBytes = whole(&r.ReadBytes), whole(&r.WrittenBytes)
			disk.Reads, disk.Writes, disk.Busy = &r.Reads, &r.Writes, r.Busy
		}
		out = append(out, disk)
	}
	return out
}

func interfacesOf(list []hoststat.Interface) []record.Interface {
	if list == nil {
		return nil
	}
	out := make([]record.Interface, 0, len(list))
	for _, i := range list {
		d := record.Interface{Name: i.Name, Up: &i.Up}
		if c := i.Counters; c != nil {
			d.RxBytes, d.TxBytes, d.RxPackets, d.TxPackets = &c.RxBytes, &c.TxBytes, &c.RxPackets, &c.TxPackets
			d.RxErrors, d.TxErrors, d.RxDrops, d.TxDrops = &c.RxErrors, &c.TxErrors, &c.RxDropped, &c.TxDropped
		}
		if r := i.Rates; r != nil {
			d.RxByteRate, d.TxByteRate, d.RxPacketRate, d.TxPacketRate = &r.RxBytes, &r.TxBytes, &r.RxPackets, &r.TxPackets
		}
		out = append(out, d)
	}
	return out
}

// usersOf puts those first who are there: the least idle.
func usersOf(list []hoststat.User) []record.User {
	out := make([]record.User, 0, len(list))
	for _, u := range list {
		user := record.User{Name: u.Name, Terminal: u.Terminal, Origin: u.Origin, Idle: whole(u.IdleSeconds)}
		if u.Login != nil {
			since := u.Login.Unix()
			user.Since = &since
		}
		out = append(out, user)
	}
	slices.SortStableFunc(out, func(a, b record.User) int { return cmp.Compare(idle(a), idle(b)) })
	return out
}

func idle(u record.User) uint64 {
	if u.Idle == nil {
		return ^uint64(0)
	}
	return *u.Idle
}

// DropsOf are the drops of an interval in the words of a record.
func DropsOf(r *report.Summary) *record.Drops {
	d := &record.Drops{
		Source: r.Source, Seconds: r.Seconds,
		Packets: r.Total.Packets, Lost: r.Total.Lost, Benign: r.Total.Benign,
		Missed: &r.Missed.Events, AtLeast: r.Missed.AtLeast,
		Rows: []record.Row{}, Counters: []record.Counter{},
	}
	classes := make(map[string]uint64)
	for i := range r.Drops {
		row := &r.Drops[i]
		classes[cmp.Or(row.Class, "other")] += row.Packets
		d.Rows = append(d.Rows, rowOf(row))
	}
	d.Classes = classesOf(classes, r.Seconds)
	for i := range r.Counters {
		if c := &r.Counters[i]; c.Loss && !c.Parent && c.Unexplained > 0 {
			counter := record.Counter{Name: c.Name, Delta: c.Delta, Unexplained: c.Unexplained}
			if c.NetNS != nil {
				counter.NetNS = c.NetNS.String()
			}
			d.Counters = append(d.Counters, counter)
		}
	}
	return d
}

func rowOf(d *report.Drop) record.Row {
	row := record.Row{
		Packets: d.Packets, Bytes: &d.Bytes, Reason: cmp.Or(d.Reason, d.Counter), Subsystem: d.Subsystem,
		Class: d.Class, Transport: d.Transport, Text: d.Cause,
	}
	if d.Trap != nil {
		row.Reason, row.Subsystem = d.Trap.Name, d.Trap.Group
	}
	if d.Discard != nil {
		code := uint64(d.Discard.Code)
		row.Discard = &code
	}
	if d.Location != nil {
		row.Function = cmp.Or(d.Location.Symbol, d.Location.Address)
	}
	if d.NetNS != nil {
		row.NetNS = d.NetNS.String()
	}
	if d.Interface != nil {
		row.Interface = d.Interface.Name
	}
	if p := d.Process; p != nil {
		row.Process = p.Name
	}
	if len(d.Culprit) > 0 {
		row.Culprit = d.Culprit[0].Name
	}
	if s := d.Sample; s != nil {
		row.Source, row.Destination = endOf(s.Source), endOf(s.Destination)
	}
	return row
}

// endOf is zero for what is no end of a flow.
func endOf(text string) record.Endpoint {
	e, err := record.ParseEndpoint(text)
	if err != nil {
		return record.Endpoint{}
	}
	return e
}
