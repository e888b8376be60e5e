package repair

import (
	"sync"
	"time"
)

// A Limiter says which digests are answered: one of each member per time that
// asks for a digest in return, and one that does not, which is the second step
// of an exchange that the member did not begin. So whoever has the key of the
// cluster cannot ask for everything all the time.
//
// The names are claims. Anybody with the key can use up the answers of another
// member, whose losses are then repaired later or by other collectors, but not
// make any member send, or be sent, more than that. The owner should ask only
// about names of present members: invented ones take the places of others until
// their time has passed, and then no more names are allowed than there are
// places.
//
// Its methods may be called concurrently.
type Limiter struct {
	every  time.Duration
	places int

	mu      sync.Mutex
	last    map[turn]time.Time
	refused uint64
}

// A turn is what is answered once per time.
type turn struct {
	name string
	asks bool
}

// NewLimiter makes one that allows each name one digest of each sort per every,
// and has room for so many names. To be answered always, members should send
// theirs somewhat more seldom than that.
func NewLimiter(every time.Duration, names int) *Limiter {
	return &Limiter{every: every, places: 2 * max(names, 1), last: map[turn]time.Time{}}
}

// Allow tells whether to answer a digest, with what Sender read of it. A clock
// that goes back shuts nobody out for longer than twice every.
func (l *Limiter) Allow(name string, asks bool, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := turn{name, asks}
	last, ok := l.last[t]
	if ok && !l.passed(last, now) || !ok && !l.room(now) {
		l.refused++
		return false
	}
	l.last[t] = now
	return true
}

func (l *Limiter) passed(last, now time.Time) bool { return now.Sub(last).Abs() >= l.every }

// room drops those whose time has passed when there is no place left.
func (l *Limiter) room(now time.Time) bool {
	if len(l.last) < l.places {
		return true
	}
	for t, last := range l.last {
		if l.passed(last, now) {
			delete(l.last, t)
		}
	}
	return len(l.last) < l.places
}

// Refused is how many digests were not allowed.
func (l *Limiter) Refused() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.refused
}
