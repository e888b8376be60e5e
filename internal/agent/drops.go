package agent

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dropwatch/dropmon"
	"dropwatch/internal/session"
)

// watch watches drops and makes a report of each interval.
func (a *Agent) watch(ctx context.Context) (err error) {
	c := session.Config{Source: a.config.Drops.Source, NetNS: a.config.Drops.NetNS}
	if c.Filter, err = dropmon.CompileFilter(a.config.Drops.Filter); err != nil {
		return err
	}
	s, err := session.Open(c)
	if err != nil {
		a.tellDrops(nil)
		return err
	}
	defer func() {
		a.tellDrops(nil)
		err = errors.Join(err, s.Close())
	}()
	for _, warning := range s.Warnings() {
		fmt.Fprintf(a.out, "drops: %s\n", warning)
	}
	defer context.AfterFunc(ctx, s.Wake)()
	sum := window{length: a.config.Drops.Window, top: a.config.Drops.Top}
	for next := s.Started(); ctx.Err() == nil; {
		if next = next.Add(a.config.Interval); next.Before(time.Now()) {
			next = time.Now()
		}
		for ctx.Err() == nil && time.Now().Before(next) {
			if err := s.Receive(next, nil); err != nil {
				return err
			}
		}
		r, err := s.IntervalBalanced()
		if err != nil {
			return err
		}
		a.tellDrops(sum.add(r.To, dropsOf(r)))
	}
	return s.Stop(nil)
}
