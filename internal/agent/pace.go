package agent

import (
	"context"
	"time"
)

// A stage is the time from one configuration to the next one.
type stage struct {
	context.Context
	end context.CancelFunc
}

func newStage() *stage {
	s := new(stage)
	s.Context, s.end = context.WithCancel(context.Background())
	return s
}

// each calls f now and at each interval, as it is configured at that time.
func (a *Agent) each(ctx context.Context, f func(now time.Time) error) error {
	turn := time.Now()
	for {
		if err := f(time.Now()); err != nil {
			return err
		}
		if turn = a.next(ctx, turn); ctx.Err() != nil {
			return nil
		}
	}
}

// next waits for the turn that follows one, also if the interval changes
// meanwhile, and returns when that is.
func (a *Agent) next(ctx context.Context, turn time.Time) time.Time {
	for {
		stage := a.stage.Load() // before what it is the stage of
		next := a.after(turn)
		if wait(ctx, stage, time.Until(next)) || ctx.Err() != nil {
			return next
		}
	}
}

// after is when the turn is that follows one. Those that were missed are left out.
func (a *Agent) after(turn time.Time) time.Time {
	now, next := time.Now(), turn.Add(a.config.Load().Interval)
	if next.Before(now) {
		return now
	}
	return next
}

// wait tells whether the time is over; otherwise a context is.
func wait(ctx, other context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-other.Done():
		return false
	case <-timer.C:
		return true
	}
}
