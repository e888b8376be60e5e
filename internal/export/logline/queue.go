package logline

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// A QueueConfig says how much a queue holds and how it deals with a destination
// that fails. The zero value of each field is a sensible one.
type QueueConfig struct {
	// Name is what the user calls the destination.
	Name string
	// Limit is the most records to hold; 0 means 65536.
	Limit int
	// LimitBytes is the most memory to hold records in, in bytes; 0 means
	// 64 MiB.
	LimitBytes int
	// RetryMin and RetryMax bound the time between two attempts, which
	// doubles from one to the next; 0 means 100 ms and 10 s.
	RetryMin, RetryMax time.Duration
	// Slow is how long the destination may take over at most 4096 records
	// before it counts as failing; 0 means 10 s.
	Slow time.Duration
	// Changed, if not nil, is called when the destination begins to fail, when
	// it works again, and when it is gone for good. Calls come one after
	// another, from goroutines of the queue; they must not call Close.
	Changed func(Stats)
}

// What one Write is given at most: enough that a line to a distant host, which
// confirms once in a round trip or in the 40 ms by which it may delay that, is
// filled, and little enough to send again after a failure.
const (
	batchRecords = 4096
	batchBytes   = 2 << 20
)

// closeGrace is how long a destination may take to return from Write when its
// context has ended.
const closeGrace = time.Second

// errSlow is why records were lost when the destination returned no error.
var errSlow = errors.New("the destination does not keep up")

// A Queue stands between those who make records and a destination, so that they
// never wait for it. Its methods may be called from any goroutine.
type Queue struct {
	d      Destination
	c      QueueConfig
	ctx    context.Context // of what the destination does
	cancel context.CancelFunc
	kick   chan struct{} // ends a pause between attempts
	wake   chan struct{} // something was added
	done   chan struct{} // the goroutine has ended
	tell   sync.Mutex    // held while Changed runs

	mu      sync.Mutex // guards all below
	held    held
	open    gap // lost after all that is held
	losing  bool
	stats   Stats
	reopen  bool
	closing bool
	closed  chan struct{} // closed when Close is over
	err     error         // what Close returned
}

// NewQueue makes a queue and starts its goroutine, which [Queue.Close] ends. The
// queue owns the destination from now on.
func NewQueue(d Destination, c QueueConfig) *Queue {
	c.Limit = orDefault(c.Limit, 65536)
	c.LimitBytes = orDefault(c.LimitBytes, 64<<20)
	c.RetryMin = orDefault(c.RetryMin, 100*time.Millisecond)
	c.RetryMax = max(orDefault(c.RetryMax, 10*time.Second), c.RetryMin)
	c.Slow = orDefault(c.Slow, 10*time.Second)
	q := &Queue{
		d: d, c: c,
		kick: make(chan struct{}, 1), wake: make(chan struct{}, 1),
		done: make(chan struct{}),
	}
	q.stats.Name, q.stats.Limit = c.Name, uint64(c.Limit)
	if u, ok := d.(Unconfirmed); ok {
		q.stats.Unconfirmed = u.Unconfirmed()
	}
	q.ctx, q.cancel = context.WithCancel(context.Background())
	go q.run()
	return q
}

func orDefault[T int | time.Duration](v, fallback T) T {
	if v > 0 {
		return v
	}
	return fallback
}

// Add gives a record to the queue. It never waits: when the queue is full, the
// record is counted as lost, and so are those that follow until an eighth of the
// queue is free again, so that there is one gap and not hundreds. The queue keeps
// the record's fields: do not change them afterwards.
func (q *Queue) Add(r Record) {
	size := r.size()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stats.Added++
	if q.closing || q.stats.Gone {
		q.stats.Lost++
		return
	}
	if !q.fits(size) {
		q.losing = true
		q.stats.Lost++
		q.open.add(time.Now(), q.reason())
		return
	}
	q.losing = false
	q.closeGap()
	q.held.push(item{record: r, size: size})
	signal(q.wake)
}

// fits tells whether there is room, which is more if the last one did not fit.
func (q *Queue) fits(size int) bool {
	records, bytes := q.c.Limit, q.c.LimitBytes
	if q.losing {
		records -= (records - 1) / 8
		bytes -= bytes / 8
	}
	return q.held.records < records && (q.held.bytes+size <= bytes || q.held.count == 0)
}

// reason is why records do not fit.
func (q *Queue) reason() error {
	if q.stats.Failing != nil {
		return q.stats.Failing
	}
	return errSlow
}

// closeGap puts a notice where records are missing, if they are.
func (q *Queue) closeGap() {
	if q.open.lines == 0 {
		return
	}
	r := q.open.record(time.Now())
	q.held.push(item{record: r, size: r.size(), gap: q.open.lines})
	q.open = gap{}
}

// Reopen has the destination begin anew, if it can, before the next record, and
// try at once if it is failing. It does not wait for that.
func (q *Queue) Reopen() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.reopen = true
	signal(q.wake)
	signal(q.kick)
}

// Stats tells what became of the records so far.
func (q *Queue) Stats() Stats {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.statsLocked()
}

func (q *Queue) statsLocked() Stats {
	s := q.stats
	s.Waiting = uint64(q.held.records)
	return s
}

// Close delivers what waits, as long as the context lasts, and closes the
// destination. What cannot be delivered counts as lost, and the error tells how
// much that was and why. Records that are added later count as lost too.
//
// A destination that does not return within a second after the context has
// ended, such as a file on a file server that is away, is left to itself.
func (q *Queue) Close(ctx context.Context) error {
	q.mu.Lock()
	if q.closing {
		closed := q.closed
		q.mu.Unlock()
		<-closed
		return q.err
	}
	q.closing, q.closed = true, make(chan struct{})
	signal(q.wake)
	signal(q.kick)
	q.mu.Unlock()
	defer close(q.closed)
	q.err = errors.Join(q.drain(ctx), q.giveUp())
	return q.err
}

// drain waits until all is delivered, and closes the destination.
func (q *Queue) drain(ctx context.Context) error {
	defer q.cancel()
	select {
	case <-q.done:
		return q.d.Close()
	case <-ctx.Done():
	}
	q.cancel()
	grace := time.NewTimer(closeGrace)
	defer grace.Stop()
	select {
	case <-q.done:
		return q.d.Close()
	case <-grace.C:
		return fmt.Errorf("close %s: it still holds a write", q.c.Name)
	}
}

// giveUp counts what still waits as lost, and tells of all losses that no record
// has told of.
func (q *Queue) giveUp() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	why := q.reason()
	untold := q.open.lines + uint64(q.held.records)
	q.stats.Lost += uint64(q.held.records)
	for q.held.count > 0 {
		untold += q.held.pop()
	}
	q.open = gap{}
	if untold == 0 {
		return nil
	}
	return fmt.Errorf("close %s: %s lost: %w", q.c.Name, lines(untold), why)
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
