package agent

import (
	"context"
	"reflect"
	"sync"
)

// A wanted part is started again when its settings change.
type wanted struct {
	part
	settings any
}

// A crew is the parts that run, as they are wanted.
type crew struct {
	supervisor *supervisor

	mu      sync.Mutex
	ctx     context.Context // of all; nil before the begin
	running map[string]*running
}

type running struct {
	settings any
	cancel   context.CancelFunc
	done     sync.WaitGroup
}

func newCrew(s *supervisor) *crew {
	return &crew{supervisor: s, running: make(map[string]*running)}
}

// begin lets parts run until the context ends.
func (c *crew) begin(ctx context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ctx = ctx
}

// apply stops what is not wanted, or wanted otherwise, and starts what is not
// running. The rest does not notice.
func (c *crew) apply(wanted func() []wanted) {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := wanted()
	if c.ctx == nil || c.ctx.Err() != nil {
		return
	}
	c.stopOthers(list)
	for _, w := range list {
		if c.running[w.name] == nil {
			c.start(w)
		}
	}
}

// stopOthers stops those that are not in the list with their settings.
func (c *crew) stopOthers(list []wanted) {
	want := make(map[string]wanted, len(list))
	for _, w := range list {
		want[w.name] = w
	}
	others := make(map[string]*running)
	for name, r := range c.running {
		if w, ok := want[name]; !ok || !reflect.DeepEqual(w.settings, r.settings) {
			others[name] = r
			r.cancel()
		}
	}
	for name, r := range others {
		r.done.Wait()
		c.supervisor.forget(name)
		delete(c.running, name)
	}
}

func (c *crew) start(w wanted) {
	r := &running{settings: w.settings}
	var inner context.Context
	inner, r.cancel = context.WithCancel(c.ctx)
	r.done.Go(func() { c.supervisor.keep(inner, w.part) })
	c.running[w.name] = r
}

// stop stops all at once and waits for them.
func (c *crew) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.running {
		r.cancel()
	}
	for name, r := range c.running {
		r.done.Wait()
		delete(c.running, name)
	}
}
