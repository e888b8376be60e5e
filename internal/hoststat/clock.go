package hoststat

import (
	"golang.org/x/sys/unix"
)

// A Clock is what the kernel knows of the quality of its clock, from
// adjtimex(2).
type Clock struct {
	// Synchronised is whether a time service says that it keeps the clock right.
	Synchronised bool `json:"synchronised"`
	// OffsetSeconds is the correction that the kernel still works off. A clock
	// that is not synchronised has none. Some services (chrony) never use it.
	OffsetSeconds *float64 `json:"offset_seconds,omitempty"`
	// The errors are what the service told, and grow without it, up to 16 s.
	EstimatedErrorSeconds float64 `json:"estimated_error_seconds"`
	MaxErrorSeconds       float64 `json:"max_error_seconds"`
	// Status are the flags of struct timex, such as "pll" and "unsync".
	Status []string `json:"status,omitempty"`
}

// clockFlags are the names of status bits, lowest first (STA_PLL and so on).
var clockFlags = [...]string{"pll", "ppsfreq", "ppstime", "fll", "ins", "del", "unsync", "freqhold",
	"ppssignal", "ppsjitter", "ppswander", "ppserror", "clockerr", "nano", "mode", "clk"}

// timeError is the state of adjtimex for a clock that is not synchronised.
const timeError = 5

// clockOf makes a Clock of the answer of adjtimex.
func clockOf(state int, t *unix.Timex) *Clock {
	c := &Clock{
		Synchronised:          state != timeError && t.Status&unix.STA_UNSYNC == 0,
		EstimatedErrorSeconds: float64(t.Esterror) / 1e6,
		MaxErrorSeconds:       float64(t.Maxerror) / 1e6,
	}
	if c.Synchronised {
		offset := float64(t.Offset) / 1e6
		if t.Status&unix.STA_NANO != 0 {
			offset /= 1e3
		}
		c.OffsetSeconds = &offset
	}
	for i, name := range clockFlags {
		if t.Status&(1<<i) != 0 {
			c.Status = append(c.Status, name)
		}
	}
	return c
}
