package hoststat

import (
	"bytes"
	"time"
)

// CPUShares says what all CPUs together did since the sample before, as parts
// of one. A kernel that does not count one of them has none; so has one whose
// counter went back, as that of iowait may.
type CPUShares struct {
	User    *float64 `json:"user,omitempty"` // guests included
	Nice    *float64 `json:"nice,omitempty"`
	System  *float64 `json:"system,omitempty"`
	Idle    *float64 `json:"idle,omitempty"`
	IOWait  *float64 `json:"iowait,omitempty"`
	IRQ     *float64 `json:"irq,omitempty"`
	SoftIRQ *float64 `json:"softirq,omitempty"`
	// Steal is the time that the hypervisor gave to others.
	Steal *float64 `json:"steal,omitempty"`
}

// cpuKinds is how many numbers of /proc/stat are used. Those behind them
// (guest, guest_nice) are part of user and nice.
const cpuKinds = 8

// cpuTimes are the counters of all CPUs in ticks; count of them are there.
type cpuTimes struct {
	ticks [cpuKinds]uint64
	count int
}

// A procStat is what is used of /proc/stat.
type procStat struct {
	times  cpuTimes
	online int
	boot   time.Time // zero if it is not there
}

func parseStat(text []byte) (procStat, error) {
	var s procStat
	for len(text) > 0 {
		var line []byte
		line, text, _ = bytes.Cut(text, []byte("\n"))
		w := words{line}
		switch name := w.next(); {
		case string(name) == "cpu":
			for s.times.count < cpuKinds {
				n, ok := w.number()
				if !ok {
					break
				}
				s.times.ticks[s.times.count] = n
				s.times.count++
			}
		case bytes.HasPrefix(name, []byte("cpu")):
			s.online++
		case string(name) == "btime":
			if seconds, ok := w.number(); ok {
				s.boot = instant(seconds, 0)
			}
		}
	}
	if s.times.count < 4 {
		return s, errFormat
	}
	return s, nil
}

// shares compares two readings. It is nil if they cannot be compared.
func (c cpuTimes) shares(before cpuTimes) *CPUShares {
	if c.count != before.count || c.count == 0 {
		return nil
	}
	total := 0.0
	for i := range c.count {
		if c.ticks[i] >= before.ticks[i] {
			total += float64(c.ticks[i] - before.ticks[i])
		}
	}
	if total == 0 {
		return nil
	}
	values := make([]float64, cpuKinds) // one piece for all
	var s CPUShares
	for i, to := range [cpuKinds]**float64{&s.User, &s.Nice, &s.System, &s.Idle, &s.IOWait, &s.IRQ, &s.SoftIRQ, &s.Steal} {
		if i < c.count && c.ticks[i] >= before.ticks[i] {
			values[i] = float64(c.ticks[i]-before.ticks[i]) / total
			*to = &values[i]
		}
	}
	return &s
}
