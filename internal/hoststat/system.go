package hoststat

import "golang.org/x/sys/unix"

// processors fills in what /proc/stat tells.
func (r *Reader) processors(s *Status) {
	text, ok := r.text(s, "cpu", "/proc/stat")
	if !ok {
		return
	}
	stat, err := parseStat(text)
	if err != nil {
		s.miss("cpu", err)
	} else {
		s.CPU = stat.times.shares(r.cpuTimes)
		r.cpuTimes = stat.times
	}
	if stat.online > 0 {
		s.CPUsOnline = &stat.online
	}
	if !stat.boot.IsZero() {
		s.BootTime = &stat.boot
	}
}

// identity fills in which host this is and since when it runs.
func (r *Reader) identity(s *Status) {
	var name unix.Utsname
	if err := r.host.uname(&name); err != nil {
		s.miss("host", err)
	} else {
		s.Host = clean(unix.ByteSliceToString(name.Nodename[:]), maxHost)
		s.Kernel = clean(unix.ByteSliceToString(name.Release[:]), maxHost)
		s.Architecture = clean(unix.ByteSliceToString(name.Machine[:]), maxName)
	}
	if r.bootID == "" {
		if text, ok := r.text(s, "boot id", "/proc/sys/kernel/random/boot_id"); ok {
			r.bootID = clean(string(firstLine(text)), maxName)
		}
	}
	s.BootID = r.bootID
	if text, ok := r.text(s, "uptime", "/proc/uptime"); ok {
		if seconds, err := parseUptime(text); err != nil {
			s.miss("uptime", err)
		} else {
			s.UptimeSeconds = &seconds
		}
	}
}

func (r *Reader) load(s *Status) {
	text, ok := r.text(s, "load", "/proc/loadavg")
	if !ok {
		return
	}
	load, tasks, err := parseLoad(text)
	if err != nil {
		s.miss("load", err)
		return
	}
	s.Load, s.Tasks = &load, &tasks
}

func (r *Reader) memory(s *Status) {
	text, ok := r.text(s, "memory", "/proc/meminfo")
	if !ok {
		return
	}
	var err error
	if s.Memory, s.Swap, err = parseMemory(text); err != nil {
		s.miss("memory", err)
	} else if s.Swap == nil {
		s.miss("swap", errFormat)
	}
}

func (r *Reader) clock(s *Status) {
	var t unix.Timex // no modes: only read
	state, err := r.host.adjtimex(&t)
	if err != nil {
		s.miss("clock", err)
		return
	}
	s.Clock = clockOf(state, &t)
}
