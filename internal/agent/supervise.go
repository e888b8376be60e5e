package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// A part is something that the agent runs: it runs until its context ends.
type part struct {
	name string
	run  func(context.Context) error
}

// Health is how a part is doing.
type Health struct {
	Name    string    `json:"name"`
	Running bool      `json:"running"`
	Since   time.Time `json:"since"` // that it runs, or does not
	// Failures counts how often it ended by itself, Error is why it did last.
	Failures int    `json:"failures,omitempty"`
	Error    string `json:"error,omitempty"`
}

// Pauses before a part is started again; they double.
const (
	firstPause = time.Second
	longPause  = time.Minute
	// settled is how long a part must run for its failures to be forgotten.
	settled = 5 * time.Minute
)

// A supervisor runs parts side by side. A part that fails is started again
// after a pause; the others do not notice.
type supervisor struct {
	changed func(Health) // called when a part fails, unless for the same reason as before

	mu     sync.Mutex
	health map[string]Health
}

func newSupervisor(changed func(Health)) *supervisor {
	return &supervisor{changed: changed, health: make(map[string]Health)}
}

// keep runs a part until the context ends.
func (s *supervisor) keep(ctx context.Context, p part) {
	pause, before := firstPause, "" // before is the kind of the last failure
	for {
		began := time.Now()
		s.note(p.name, func(h *Health) { h.Running, h.Since = true, began })
		err := protect(ctx, p)
		if ctx.Err() != nil {
			s.note(p.name, func(h *Health) { h.Running, h.Since = false, time.Now() })
			return
		}
		if time.Since(began) >= settled {
			pause, before = firstPause, ""
		}
		again := kindOf(err) == before
		before = kindOf(err)
		s.note(p.name, func(h *Health) {
			h.Running, h.Since, h.Error = false, time.Now(), err.Error()
			h.Failures++
		})
		if !again { // what is missing is told once, not every minute
			s.changed(s.of(p.name))
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		pause = min(2*pause, longPause)
	}
}

// protect turns whatever ends a part into an error.
func protect(ctx context.Context, p part) error {
	if err := guard(func() error { return p.run(ctx) }); err != nil {
		return err
	}
	return errors.New("it ended by itself")
}

// guard makes a panic an error. Each goroutine of a part needs one.
func guard(run func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("fault of the program: %v at %s", r, place())
		}
	}()
	return run()
}

// A team is goroutines of a part: when one of them fails the others end.
type team struct {
	group *errgroup.Group
	ctx   context.Context // of all
}

func newTeam(ctx context.Context) *team {
	group, inner := errgroup.WithContext(ctx)
	return &team{group, inner}
}

func (t *team) add(run func(context.Context) error) {
	t.group.Go(func() error { return guard(func() error { return run(t.ctx) }) })
}

// attempt does what takes as long as other hosts let it take, and is left to itself
// when the context ends: at most some seconds, until what it uses is closed.
func attempt(ctx context.Context, do func() error) error {
	done := make(chan error, 1)
	go func() { done <- guard(do) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// place is the line of source that panicked.
func place() string {
	// header, this function, the deferred one, panic: two lines each
	const at = 10
	lines := strings.Split(string(debug.Stack()), "\n")
	if len(lines) <= at {
		return "an unknown place"
	}
	return strings.TrimSpace(lines[at])
}

func (s *supervisor) note(name string, change func(*Health)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.health[name]
	h.Name = name
	change(&h)
	s.health[name] = h
}

func (s *supervisor) of(name string) Health {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.health[name]
}

// forget drops what is known of a part that is run no more.
func (s *supervisor) forget(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.health, name)
}

// all are in the order of their names.
func (s *supervisor) all() []Health {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := slices.Collect(maps.Values(s.health))
	slices.SortFunc(list, func(a, b Health) int { return cmp.Compare(a.Name, b.Name) })
	return list
}
