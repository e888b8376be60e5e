package tracefs

import (
	"time"

	"golang.org/x/sys/unix"
)

// A clock is one moment on the wall clock and on the monotonic clock, which
// the records are stamped with.
type clock struct {
	wall time.Time
	mono int64 // ns
}

// now reads both clocks. Reads between which we were interrupted are far apart,
// so the closest of a few is taken.
func now() clock {
	const tries, near = 5, 5 * time.Microsecond
	var best clock
	gap := int64(-1)
	for range tries {
		before := monotonic()
		wall := time.Now()
		after := monotonic()
		if gap < 0 || after-before < gap {
			best, gap = clock{wall: wall, mono: before + (after-before)/2}, after-before
		}
		if gap < int64(near) {
			break
		}
	}
	return best
}

func monotonic() int64 {
	var now unix.Timespec
	// cannot fail: the clock exists on every kernel
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &now)
	return now.Nano()
}

func (c clock) when(mono uint64) time.Time {
	return c.wall.Add(time.Duration(int64(mono) - c.mono))
}
