package pcapng

import (
	"math"
	"math/bits"
)

// A clock tells what an interface's times mean.
type clock struct {
	// resolution is, with the high bit, a negative power of 2, else of 10.
	resolution uint8
	offset     int64 // seconds
}

// microseconds is what holds unless an interface tells otherwise.
var microseconds = clock{resolution: 6}

// nanoseconds since 1970, as near as they can be held.
func (c clock) nanoseconds(ticks uint64) int64 {
	ns := c.scale(ticks)
	if c.offset == 0 {
		return int64(ns)
	}
	const most = math.MaxInt64 / 1_000_000_000 // some 292 years
	offset := min(max(c.offset, -most), most) * 1_000_000_000
	if offset > 0 && int64(ns) > math.MaxInt64-offset {
		return math.MaxInt64
	}
	return int64(ns) + offset
}

// scale gives nanoseconds, at most what an int64 holds.
func (c clock) scale(ticks uint64) uint64 {
	var high, low uint64
	switch power := uint(c.resolution & 0x7f); {
	case c.resolution&0x80 != 0:
		high, low = bits.Mul64(ticks, 1e9)
		if power >= 64 {
			high, low = 0, high>>(power-64)
		} else {
			high, low = high>>power, low>>power|high<<(64-power)
		}
	case power <= 9:
		high, low = bits.Mul64(ticks, power10(9-power))
	case power-9 <= 19:
		low = ticks / power10(power-9)
	}
	if high != 0 {
		return math.MaxInt64
	}
	return min(low, math.MaxInt64)
}

func power10(n uint) uint64 {
	p := uint64(1)
	for range n {
		p *= 10
	}
	return p
}
