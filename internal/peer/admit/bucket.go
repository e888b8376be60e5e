package admit

import "time"

// A rate is packets per second, and how many may come at once.
type rate struct {
	perSecond, burst float64
}

// A bucket is what is left of a rate.
type bucket struct {
	left float64
	at   time.Time
}

func (r rate) full(now time.Time) bucket { return bucket{left: r.burst, at: now} }

// take takes one packet if there is room. A clock that goes back adds nothing.
func (b *bucket) take(r rate, now time.Time) bool {
	if passed := now.Sub(b.at).Seconds(); passed > 0 {
		b.left = min(r.burst, b.left+passed*r.perSecond)
	}
	b.at = now
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}
