package values

import "dropwatch/internal/peer/record"

// status adapts what a status has once.
func status[T uint64 | float64](get func(*record.Status) *T) func(*record.Report, func(string, float64)) {
	return number(func(r *record.Report) *T {
		if r.Status == nil {
			return nil
		}
		return get(r.Status)
	})
}

func cpu(get func(*record.CPU) *float64) func(*record.Report, func(string, float64)) {
	return status(func(s *record.Status) *float64 {
		if s.CPU == nil {
			return nil
		}
		return get(s.CPU)
	})
}

func pressure(get func(*record.Pressure) *float64) func(*record.Report, func(string, float64)) {
	return status(func(s *record.Status) *float64 {
		if s.Pressure == nil {
			return nil
		}
		return get(s.Pressure)
	})
}

func clock(get func(*record.Clock) *float64) func(*record.Report, func(string, float64)) {
	return status(func(s *record.Status) *float64 {
		if s.Clock == nil {
			return nil
		}
		return get(s.Clock)
	})
}

// used is the share that is not available.
func used(available, total *uint64) *float64 {
	if available == nil || total == nil || *total == 0 {
		return nil
	}
	f := 1 - float64(min(*available, *total))/float64(*total)
	return &f
}

// each adapts what a status has a list of.
func each[E any, T uint64 | float64](list func(*record.Status) []E, get func(*E) (of string, number *T)) func(*record.Report, func(string, float64)) {
	return func(r *record.Report, found func(string, float64)) {
		if r.Status == nil {
			return
		}
		all := list(r.Status)
		for i := range all {
			if of, n := get(&all[i]); n != nil && of != "" {
				found(of, float64(*n))
			}
		}
	}
}

func disks(s *record.Status) []record.Disk             { return s.Disks }
func fileSystems(s *record.Status) []record.FileSystem { return s.FileSystems }
func interfaces(s *record.Status) []record.Interface   { return s.Interfaces }
func memoryUsed(s *record.Status) *float64             { return used(s.MemoryAvailable, s.MemoryTotal) }
func swapUsed(s *record.Status) *float64               { return used(s.SwapAvailable, s.SwapTotal) }
func flag(b *bool) *uint64 {
	if b == nil {
		return nil
	}
	n := uint64(0)
	if *b {
		n = 1
	}
	return &n
}

type (
	disk       = record.Disk
	fileSystem = record.FileSystem
	device     = record.Interface
)

var statusKinds = []kind{
	{"uptime", "", Seconds, "time since the host was started", status(func(s *record.Status) *uint64 { return s.Uptime })},
	{"load1", "", None, "load average of 1 minute", status(func(s *record.Status) *float64 { return s.Load1 })},
	{"load5", "", None, "load average of 5 minutes", status(func(s *record.Status) *float64 { return s.Load5 })},
	{"load15", "", None, "load average of 15 minutes", status(func(s *record.Status) *float64 { return s.Load15 })},
	{"cpus", "", None, "CPUs that are online", status(func(s *record.Status) *uint64 { return s.CPUs })},
	{"cpu.busy", "", Ratio, "share of CPU time that was not idle", cpu(func(c *record.CPU) *float64 { return c.Busy })},
	{"cpu.user", "", Ratio, "share of CPU time in programs", cpu(func(c *record.CPU) *float64 { return c.User })},
	{"cpu.system", "", Ratio, "share of CPU time in the kernel", cpu(func(c *record.CPU) *float64 { return c.System })},
	{"cpu.softirq", "", Ratio, "share of CPU time in soft interrupts, where packets are received", cpu(func(c *record.CPU) *float64 { return c.SoftIRQ })},
	{"cpu.steal", "", Ratio, "share of CPU time that other virtual machines took", cpu(func(c *record.CPU) *float64 { return c.Steal })},
	{"cpu.iowait", "", Ratio, "share of CPU time that was idle and waited for disks", cpu(func(c *record.CPU) *float64 { return c.IOWait })},
	{"memory.total", "", Bytes, "memory", status(func(s *record.Status) *uint64 { return s.MemoryTotal })},
	{"memory.available", "", Bytes, "memory that programs can still have", status(func(s *record.Status) *uint64 { return s.MemoryAvailable })},
	{"memory.used", "", Ratio, "share of memory that is not available", status(memoryUsed)},
	{"swap.total", "", Bytes, "swap space", status(func(s *record.Status) *uint64 { return s.SwapTotal })},
	{"swap.used", "", Ratio, "share of swap space in use", status(swapUsed)},
	{"pressure.cpu", "", Ratio, "share of the last 10 s in which a task waited for a CPU", pressure(func(p *record.Pressure) *float64 { return p.CPUSome })},
	{"pressure.memory", "", Ratio, "share of the last 10 s in which a task waited for memory", pressure(func(p *record.Pressure) *float64 { return p.MemorySome })},
	{"pressure.io", "", Ratio, "share of the last 10 s in which a task waited for disks", pressure(func(p *record.Pressure) *float64 { return p.IOSome })},
	{"users", "", None, "logins", status(func(s *record.Status) *uint64 { return s.UserCount })},
	{"clock.synchronised", "", None, "1 if the kernel's clock follows a reference", status(func(s *record.Status) *uint64 {
		if s.Clock == nil {
			return nil
		}
		return flag(s.Clock.Synchronised)
	})},
	{"clock.offset", "", Seconds, "how far the clock is off, as far as the kernel knows", clock(func(c *record.Clock) *float64 { return c.Offset })},
	{"clock.max_error", "", Seconds, "how far the clock can be off at most", clock(func(c *record.Clock) *float64 { return c.MaxError })},
	{"filesystem.total", "mount", Bytes, "size of a file system", each(fileSystems, func(f *fileSystem) (string, *uint64) { return f.Mount, f.Total })},
	{"filesystem.available", "mount", Bytes, "space that users can still have", each(fileSystems, func(f *fileSystem) (string, *uint64) { return f.Mount, f.Available })},
	{"filesystem.used", "mount", Ratio, "share of a file system that is not available", each(fileSystems, func(f *fileSystem) (string, *float64) { return f.Mount, used(f.Available, f.Total) })},
	{"disk.busy", "disk", Ratio, "share of the time in which a disk worked", each(disks, func(d *disk) (string, *float64) { return d.Name, d.Busy })},
	{"disk.read", "disk", BytesPerSecond, "bytes read", each(disks, func(d *disk) (string, *uint64) { return d.Name, d.ReadBytes })},
	{"disk.written", "disk", BytesPerSecond, "bytes written", each(disks, func(d *disk) (string, *uint64) { return d.Name, d.WriteBytes })},
	{"interface.up", "interface", None, "1 if the interface is up", each(interfaces, func(i *device) (string, *uint64) { return i.Name, flag(i.Up) })},
	{"interface.rx_bytes", "interface", BytesPerSecond, "bytes received", each(interfaces, func(i *device) (string, *float64) { return i.Name, i.RxByteRate })},
	{"interface.tx_bytes", "interface", BytesPerSecond, "bytes sent", each(interfaces, func(i *device) (string, *float64) { return i.Name, i.TxByteRate })},
	{"interface.rx_packets", "interface", PerSecond, "packets received", each(interfaces, func(i *device) (string, *float64) { return i.Name, i.RxPacketRate })},
	{"interface.tx_packets", "interface", PerSecond, "packets sent", each(interfaces, func(i *device) (string, *float64) { return i.Name, i.TxPacketRate })},
	{"interface.rx_errors", "interface", Packets, "packets received with errors since the interface was made", each(interfaces, func(i *device) (string, *uint64) { return i.Name, i.RxErrors })},
	{"interface.tx_errors", "interface", Packets, "packets that could not be sent for errors since the interface was made", each(interfaces, func(i *device) (string, *uint64) { return i.Name, i.TxErrors })},
	{"interface.rx_drops", "interface", Packets, "packets dropped when received since the interface was made", each(interfaces, func(i *device) (string, *uint64) { return i.Name, i.RxDrops })},
	{"interface.tx_drops", "interface", Packets, "packets dropped when sent since the interface was made", each(interfaces, func(i *device) (string, *uint64) { return i.Name, i.TxDrops })},
}
