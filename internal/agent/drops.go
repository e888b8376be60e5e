package agent

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"dropwatch/dropmon"
	"dropwatch/internal/config"
	"dropwatch/internal/session"
)

// openDrops begins to watch as configured.
func openDrops(d config.Drops) (*session.Session, error) {
	filter, err := dropmon.CompileFilter(d.Filter)
	if err != nil {
		return nil, err
	}
	return session.Open(session.Config{Source: d.Source, NetNS: d.NetNS, Filter: filter})
}

// same tells whether what is watched is.
func same(a, b config.Drops) bool {
	return a.Source == b.Source && a.Filter == b.Filter && reflect.DeepEqual(a.NetNS, b.NetNS)
}

// watch watches drops and makes a report of each interval.
func (a *Agent) watch(ctx context.Context) (err error) {
	c := a.config.Load().Drops
	s, err := openDrops(c)
	if err != nil {
		a.tellDrops(nil)
		return err
	}
	defer func() {
		a.tellDrops(nil)
		err = errors.Join(err, s.Close())
	}()
	a.warn(s)
	sum := new(window)
	for next := s.Started(); ctx.Err() == nil; {
		now := a.config.Load()
		if next = next.Add(now.Interval); next.Before(time.Now()) {
			next = time.Now()
		}
		if err := receive(ctx, s, next); err != nil {
			return err
		}
		after, err := a.another(&c)
		if err == nil {
			err = a.interval(s, sum)
		}
		if after != nil {
			old := s
			s = after
			err = errors.Join(err, old.Close())
		}
		if err != nil {
			return err
		}
	}
	return s.Stop(nil)
}

// receive receives until a time or the end of the context.
func receive(ctx context.Context, s *session.Session, until time.Time) error {
	defer context.AfterFunc(ctx, s.Wake)()
	for ctx.Err() == nil && time.Now().Before(until) {
		if err := s.Receive(until, nil); err != nil {
			return err
		}
	}
	return nil
}

// interval adds the last one to what is told.
func (a *Agent) interval(s *session.Session, sum *window) error {
	r, err := s.IntervalBalanced()
	if err != nil {
		return err
	}
	a.metrics.Observe(r)
	now := a.config.Load().Drops
	sum.length, sum.top = now.Window, now.Top
	a.tellDrops(sum.add(r.To, DropsOf(r)))
	return nil
}

// another is what watches from now on if something else is configured, or nil.
// It counts already, so that nothing is missed in between; what both have seen
// so far is told by the old one.
func (a *Agent) another(c *config.Drops) (*session.Session, error) {
	now := a.config.Load().Drops
	if same(now, *c) {
		return nil, nil
	}
	*c = now
	after, err := openDrops(now)
	if err != nil {
		fmt.Fprintf(a.out, "drops: %v; watching goes on as before\n", err)
		return nil, nil
	}
	a.warn(after)
	if _, err := after.IntervalBalanced(); err != nil {
		return nil, errors.Join(err, after.Close())
	}
	return after, nil
}

func (a *Agent) warn(s *session.Session) {
	for _, warning := range s.Warnings() {
		fmt.Fprintf(a.out, "drops: %s\n", warning)
	}
}
