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
	w := watcher{agent: a, asked: a.config.Load().Drops, told: complaint{out: a.out, part: "drops"}}
	if w.session, err = openDrops(w.asked); err != nil {
		a.tellDrops(nil)
		return err
	}
	defer func() {
		a.tellDrops(nil)
		err = errors.Join(err, w.session.Close())
	}()
	w.warn(w.session)
	for turn := w.session.Started(); ctx.Err() == nil; {
		if turn, err = w.receive(ctx, turn); err != nil {
			return err
		}
		after, err := w.another()
		if err == nil {
			err = w.interval()
		}
		if after != nil {
			old := w.session
			w.session = after
			err = errors.Join(err, old.Close())
		}
		if err != nil {
			return err
		}
	}
	return w.session.Stop(nil)
}

// A watcher watches drops as configured.
type watcher struct {
	agent   *Agent
	session *session.Session
	asked   config.Drops // what was tried last
	failed  bool         // that; an earlier one goes on
	told    complaint
	sum     window
}

// receive receives for the interval that follows a turn, and returns when that is
// over. It ends early if something else is to be watched.
func (w *watcher) receive(ctx context.Context, turn time.Time) (time.Time, error) {
	defer context.AfterFunc(ctx, w.session.Wake)()
	for {
		stage := w.agent.stage.Load() // before what it is the stage of
		until := w.agent.after(turn)
		if err := w.until(ctx, stage, until); err != nil {
			return until, err
		}
		now := time.Now()
		if ctx.Err() != nil || !now.Before(until) {
			return until, nil
		}
		if !same(w.agent.config.Load().Drops, w.asked) {
			return now, nil
		}
	}
}

// until receives until a time, or the end of one of the contexts.
func (w *watcher) until(ctx, reload context.Context, until time.Time) error {
	defer context.AfterFunc(reload, w.session.Wake)()
	for ctx.Err() == nil && reload.Err() == nil && time.Now().Before(until) {
		if err := w.session.Receive(until, nil); err != nil {
			return err
		}
	}
	return nil
}

// interval adds the last one to what is told.
func (w *watcher) interval() error {
	r, err := w.session.IntervalBalanced()
	if err != nil {
		return err
	}
	w.agent.metrics.Observe(r)
	now := w.agent.config.Load().Drops
	w.sum.length, w.sum.top = now.Window, now.Top
	w.agent.tellDrops(w.sum.add(r.To, DropsOf(r)))
	return nil
}

// another is what watches from now on if something else is configured, or nil.
// It counts already, so that nothing is missed in between; what both have seen
// so far is told by the old one. What fails is tried again at each interval: a
// namespace may not be there yet.
func (w *watcher) another() (*session.Session, error) {
	now := w.agent.config.Load().Drops
	if same(now, w.asked) && !w.failed {
		return nil, nil
	}
	if !same(now, w.asked) {
		w.told = complaint{out: w.told.out, part: w.told.part} // another one
	}
	w.asked = now
	after, err := openDrops(now)
	if w.failed = err != nil; w.failed {
		w.told.about(err, "; watching goes on as before, and it is tried again")
		return nil, nil
	}
	w.warn(after)
	if _, err := after.IntervalBalanced(); err != nil {
		return nil, errors.Join(err, after.Close())
	}
	return after, nil
}

func (w *watcher) warn(s *session.Session) {
	for _, warning := range s.Warnings() {
		fmt.Fprintf(w.agent.out, "drops: %s\n", warning)
	}
}
