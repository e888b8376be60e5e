package peer

import (
	"sync"
	"time"
)

// An allowance is how much may be asked of the engine: so much each second, and
// so much at once. It may be used concurrently.
type allowance struct {
	perSecond, burst float64

	mu   sync.Mutex
	used float64
	at   time.Time
}

// take takes all n or nothing.
func (a *allowance) take(n int, now time.Time) bool {
	if n == 0 {
		return true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if passed := now.Sub(a.at).Seconds(); passed > 0 {
		a.used = max(0, a.used-passed*a.perSecond)
		a.at = now
	}
	if a.used+float64(n) > a.burst {
		return false
	}
	a.used += float64(n)
	return true
}
