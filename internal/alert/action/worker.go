package action

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"dropwatch/internal/alert"
)

// maxQueue is how many events wait for one action at most.
const maxQueue = 256

// maxRetry is how long after the first attempt the last one may begin.
const maxRetry = 5 * time.Minute

// pauses are those before attempts.
func pauses() []time.Duration {
	return []time.Duration{0, time.Second, 5 * time.Second, 25 * time.Second, 125 * time.Second}
}

// A Count is what became of the events of an action. Events = Delivered + Failed
// + Lost + Waiting.
type Count struct {
	Name      string `json:"name"`
	Delivered uint64 `json:"delivered"`
	Failed    uint64 `json:"failed"`  // tried, and given up
	Lost      uint64 `json:"lost"`    // never tried: the queue was full or closed
	Waiting   uint64 `json:"waiting"` // those that are being tried too
	// Error is why the last attempt failed; empty if it did not.
	Error string `json:"error,omitempty"`
}

// A worker does one action, one event after another.
type worker struct {
	name    string
	d       deliverer
	timeout time.Duration
	log     *lines
	queue   chan alert.Event
	stop    <-chan struct{} // closed when nothing shall be waited for any more
	pauses  []time.Duration
	// ended is set when run has returned, abandoned when nobody waits for that.
	ended, abandoned atomic.Bool

	mu    sync.Mutex
	count Count
	told  uint64 // of those lost, how many the log knows of
}

func newWorker(name string, d deliverer, timeout time.Duration, log *lines, stop <-chan struct{}) *worker {
	return &worker{
		name: name, d: d, timeout: timeout, log: log, queue: make(chan alert.Event, maxQueue), stop: stop,
		pauses: pauses(), count: Count{Name: name},
	}
}

// add queues an event. It must not be called when the queue is closed, unless
// closed says so.
func (w *worker) add(e alert.Event, closed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if closed {
		w.count.Lost++
		return
	}
	select {
	case w.queue <- e:
		w.count.Waiting++
	default:
		w.count.Lost++
	}
}

func (w *worker) counted() Count {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.count
}

// run delivers until the queue is closed and empty.
func (w *worker) run(ctx context.Context) {
	defer w.ended.Store(true)
	for e := range w.queue {
		if ctx.Err() != nil {
			w.note(func(c *Count) { c.Lost++ })
			continue
		}
		w.tellLost()
		if err := w.attempt(ctx, &e); err != nil {
			w.note(func(c *Count) { c.Failed++ })
			w.complain(fmt.Sprintf("%v; not delivered: %s", err, alert.Text(&e)))
			continue
		}
		w.note(func(c *Count) { c.Delivered++ })
	}
	w.tellLost()
	if err := w.d.close(); err != nil {
		w.complain(err.Error())
	}
}

// note ends the waiting of an event.
func (w *worker) note(change func(*Count)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.count.Waiting--
	change(&w.count)
}

// attempt tries until it works, or no other attempt would help.
func (w *worker) attempt(ctx context.Context, e *alert.Event) (err error) {
	began := time.Now()
	for i, pause := range w.pauses {
		if i > 0 && (time.Since(began)+pause > maxRetry || !w.wait(ctx, pause)) {
			return err
		}
		last := w.stopping()
		var again bool
		if again, err = w.once(ctx, e); err == nil || !again || last {
			return err
		}
	}
	return err
}

func (w *worker) once(ctx context.Context, e *alert.Event) (again bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	again, err = w.d.deliver(ctx, e)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.count.Error = ""
	if err != nil {
		w.count.Error = err.Error()
	}
	return again, err
}

// wait returns early, so that there is one more attempt, when the runner is
// closed, and false when there is no time for that.
func (w *worker) wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-w.stop:
	case <-ctx.Done():
	}
	return ctx.Err() == nil
}

func (w *worker) stopping() bool {
	select {
	case <-w.stop:
		return true
	default:
		return false
	}
}

// tellLost writes how many events found the queue full since the last time.
func (w *worker) tellLost() {
	w.mu.Lock()
	n := w.count.Lost - w.told
	w.told = w.count.Lost
	w.mu.Unlock()
	if n > 0 {
		w.complain(fmt.Sprintf("%d events lost: it does not keep up", n))
	}
}

func (w *worker) complain(text string) {
	// there is nobody else to complain to
	_ = w.log.print(fmt.Sprintf("alert action %s: %s", w.name, text))
}
