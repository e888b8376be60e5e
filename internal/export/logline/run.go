package logline

import (
	"errors"
	"math/rand/v2"
	"time"
)

// run gives the destination what is held until the queue is closed and empty, or
// the context has ended, or the destination is gone.
func (q *Queue) run() {
	defer close(q.done)
	var batch []Record
	var pause time.Duration
	for q.wait() {
		batch = q.take(batch[:0])
		n, err := q.write(batch)
		clear(batch)
		if n > 0 {
			pause = 0
		}
		switch {
		case err == nil:
			q.works()
			pause = 0
		case errors.Is(err, ErrGone):
			q.gone(err)
			return
		case q.ctx.Err() != nil:
			return // the error is that of having been stopped
		default:
			q.fails(err)
			pause = min(max(2*pause, q.c.RetryMin), q.c.RetryMax)
			if q.sleep(pause) {
				pause = 0
			}
		}
	}
}

// wait waits until there is something to do, and tells whether there is.
func (q *Queue) wait() bool {
	for {
		q.mu.Lock()
		if q.held.count == 0 {
			q.closeGap()
		}
		work := q.held.count > 0 || q.reopen
		closing := q.closing
		q.mu.Unlock()
		switch {
		case q.ctx.Err() != nil:
			return false
		case work:
			return true
		case closing:
			return false
		}
		select {
		case <-q.wake:
		case <-q.ctx.Done():
		}
	}
}

// sleep pauses between two attempts, for between half of the time and all of it,
// so that not all hosts come back to a daemon at the same moment. It tells
// whether it was ended early.
func (q *Queue) sleep(d time.Duration) bool {
	timer := time.NewTimer(d/2 + rand.N(d/2+1))
	defer timer.Stop()
	select {
	case <-timer.C:
		return false
	case <-q.kick:
	case <-q.ctx.Done():
	}
	return true
}

func (q *Queue) take(batch []Record) []Record {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.held.appendFirst(batch, batchRecords, batchBytes)
}

// write gives a batch to the destination and counts what it took.
func (q *Queue) write(batch []Record) (int, error) {
	if err := q.begin(); err != nil {
		return 0, err
	}
	if len(batch) == 0 {
		return 0, nil
	}
	slow := q.watch()
	n, err := q.d.Write(q.ctx, batch)
	slow()
	n = min(max(n, 0), len(batch))
	q.mu.Lock()
	defer q.mu.Unlock()
	for range min(n, q.held.count) {
		if q.held.pop() > 0 {
			q.stats.Notices++
		} else {
			q.stats.Delivered++
		}
	}
	return n, err
}

// begin reopens the destination if that was asked for.
func (q *Queue) begin() error {
	q.mu.Lock()
	reopen := q.reopen
	q.reopen = false
	q.mu.Unlock()
	r, ok := q.d.(Reopener)
	if !reopen || !ok {
		return nil
	}
	return r.Reopen()
}

// watch says that the destination fails if it does not return in time. The
// function that it returns ends that.
func (q *Queue) watch() (stop func()) {
	ended := make(chan struct{})
	timer := time.AfterFunc(q.c.Slow, func() {
		defer close(ended)
		if q.ctx.Err() == nil {
			q.fails(errSlow)
		}
	})
	return func() {
		if !timer.Stop() {
			<-ended
		}
	}
}

// fails notes an error, and tells of the first one.
func (q *Queue) fails(err error) {
	q.mu.Lock()
	first := q.stats.Failing == nil
	q.stats.Failing = err
	if first {
		q.stats.Since = time.Now()
	}
	q.mu.Unlock()
	if first {
		q.changed()
	}
}

func (q *Queue) works() {
	q.mu.Lock()
	failed := q.stats.Failing != nil
	if failed {
		q.stats.Failing, q.stats.Since = nil, time.Now()
	}
	q.mu.Unlock()
	if failed {
		q.changed()
	}
}

// gone counts everything as lost from now on.
func (q *Queue) gone(err error) {
	q.mu.Lock()
	q.stats.Failing, q.stats.Since, q.stats.Gone = err, time.Now(), true
	q.stats.Lost += uint64(q.held.records)
	for q.held.count > 0 {
		q.held.pop()
	}
	q.open = gap{}
	q.mu.Unlock()
	q.changed()
}

func (q *Queue) changed() {
	if q.c.Changed == nil {
		return
	}
	q.tell.Lock()
	defer q.tell.Unlock()
	q.c.Changed(q.Stats())
}
