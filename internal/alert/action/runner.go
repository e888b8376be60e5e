package action

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"dropwatch/internal/alert"
)

// Options are what a runner is connected to.
type Options struct {
	// Log takes a line for each event of a log action, and for each that
	// could not be delivered. It is written to by one goroutine at a time.
	Log io.Writer
	// Bell is a terminal; nil if there is none, and then bells are silent.
	Bell io.Writer
}

// A Runner does the actions of rules. Its methods may be called from any
// goroutine.
type Runner struct {
	log     *lines
	byRule  map[string][]*worker
	workers []*worker // in the order of their names
	stop    chan struct{}
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu     sync.Mutex // held while events are queued, and while that ends
	closed bool
	err    error
	ended  chan struct{} // Close is over
}

// NewRunner checks the configuration, reads the files that it names, and starts
// a goroutine for each action, which Close ends. The action "log" is there even
// if it is not configured.
func NewRunner(rules []alert.Rule, actions map[string]Action, o Options) (*Runner, error) {
	if err := Check(actions, rules); err != nil {
		return nil, err
	}
	all := map[string]Action{alert.DefaultAction: {Log: true}}
	maps.Copy(all, actions)
	r := &Runner{log: &lines{w: o.Log}, byRule: make(map[string][]*worker), stop: make(chan struct{}), ended: make(chan struct{})}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		a := all[name]
		d, err := a.deliverer(r.log, o.Bell)
		if err != nil {
			return nil, fmt.Errorf("action %q: %w", name, err)
		}
		r.workers = append(r.workers, newWorker(name, d, a.timeout(), r.log, r.stop))
	}
	r.route(rules)
	r.start()
	return r, nil
}

// route finds the workers of each rule. That there are too many alerts is told to
// all that any rule has.
func (r *Runner) route(rules []alert.Rule) {
	used := map[string]bool{alert.DefaultAction: true}
	for i := range rules {
		names := rules[i].ActionNames()
		r.byRule[rules[i].Name] = r.named(func(name string) bool { return slices.Contains(names, name) })
		for _, name := range names {
			used[name] = true
		}
	}
	r.byRule[alert.Overflow] = r.named(func(name string) bool { return used[name] })
}

func (r *Runner) named(wanted func(string) bool) []*worker {
	list := []*worker{}
	for _, w := range r.workers {
		if wanted(w.name) {
			list = append(list, w)
		}
	}
	return list
}

func (r *Runner) start() {
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	for _, w := range r.workers {
		r.running.Go(func() { w.run(ctx) })
	}
}

// Do has the actions of each event done, in the order given. It does not wait:
// events that find a queue full are counted as lost. Events of rules that the
// runner does not know are not for it.
func (r *Runner) Do(events []alert.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range events {
		for _, w := range r.byRule[events[i].Rule] {
			w.add(events[i], r.closed)
		}
	}
}

// Counts tells what became of the events of each action, in the order of names.
func (r *Runner) Counts() []Count {
	var list []Count
	for _, w := range r.workers {
		list = append(list, w.counted())
	}
	return list
}

// closeGrace is how long an action may take to return when it was told to end.
const closeGrace = 2 * time.Second

// Close delivers what waits, as long as the context lasts; nothing is tried again
// after a pause. The error tells how many events were not delivered since it was
// called. Events that are given later count as lost. It may be called twice.
//
// An action that does not return within 2 s after the context has ended is left
// to itself.
func (r *Runner) Close(ctx context.Context) error {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		<-r.ended
		return r.err
	}
	r.closed = true
	before := r.missed()
	close(r.stop)
	for _, w := range r.workers {
		close(w.queue)
	}
	r.mu.Unlock()
	errs := []error{r.drain(ctx)}
	after := r.missed()
	var parts []string
	for i, w := range r.workers {
		if n := after[i] - before[i]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d by %s", n, w.name))
		}
	}
	if len(parts) > 0 {
		errs = append(errs, fmt.Errorf("close alert actions: events not delivered: %s", strings.Join(parts, ", ")))
	}
	r.err = errors.Join(errs...)
	close(r.ended)
	return r.err
}

// missed counts by worker what is not delivered.
func (r *Runner) missed() []uint64 {
	var list []uint64
	for _, w := range r.workers {
		c := w.counted()
		n := c.Failed + c.Lost
		if w.abandoned.Load() {
			n += c.Waiting // it still holds them
		}
		list = append(list, n)
	}
	return list
}

// drain waits until the workers have ended.
func (r *Runner) drain(ctx context.Context) error {
	defer r.cancel()
	done := make(chan struct{})
	go func() {
		r.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	r.cancel()
	grace := time.NewTimer(closeGrace)
	defer grace.Stop()
	select {
	case <-done:
		return nil
	case <-grace.C:
	}
	return r.abandon()
}

// abandon leaves to themselves those that have not ended.
func (r *Runner) abandon() error {
	var names []string
	for _, w := range r.workers {
		if !w.ended.Load() {
			w.abandoned.Store(true)
			names = append(names, w.name)
		}
	}
	return fmt.Errorf("close alert actions: still busy: %s", strings.Join(names, ", "))
}
