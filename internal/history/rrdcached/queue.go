package rrdcached

import (
	"strconv"
	"sync"
)

// An item is a value on its way.
type item struct {
	file  string
	at    float64 // Unix time
	value float64
}

func (i *item) update() string {
	at := strconv.FormatFloat(i.at, 'f', -1, 64)
	return "UPDATE " + i.file + " " + at + ":" + strconv.FormatFloat(i.value, 'g', -1, 64)
}

// A queue forgets the oldest when it is full: what is newer is worth more, and
// the daemon takes nothing older than what it has.
type queue struct {
	most int
	wake chan struct{} // has one when something was put

	mu    sync.Mutex
	items []item // a ring
	first int
	count int
	lost  uint64
}

func newQueue(most int) *queue { return &queue{most: most, wake: make(chan struct{}, 1)} }

func (q *queue) put(i item) {
	q.mu.Lock()
	if q.count == len(q.items) && q.count < q.most {
		grown := make([]item, min(max(2*q.count, 64), q.most))
		for n := range q.count {
			grown[n] = q.items[(q.first+n)%len(q.items)]
		}
		q.items, q.first = grown, 0
	}
	if q.count == q.most {
		q.first = (q.first + 1) % len(q.items)
		q.count--
		q.lost++
	}
	q.items[(q.first+q.count)%len(q.items)] = i
	q.count++
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take returns at most so many of the oldest.
func (q *queue) take(most int) []item {
	q.mu.Lock()
	defer q.mu.Unlock()
	list := make([]item, min(most, q.count))
	for n := range list {
		at := (q.first + n) % len(q.items)
		list[n], q.items[at] = q.items[at], item{}
	}
	if len(list) > 0 {
		q.first = (q.first + len(list)) % len(q.items)
		q.count -= len(list)
	}
	return list
}

func (q *queue) state() (count int, lost uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.count, q.lost
}
