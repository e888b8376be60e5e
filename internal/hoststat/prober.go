package hoststat

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

var (
	errNotAnswering = errors.New("does not answer")
	errTooManyDead  = errors.New("not asked: too many file systems do not answer")
)

// maxStuck is how many questions may be left unanswered; each holds a thread.
const maxStuck = 8

// A prober asks file systems for their size. One whose server is gone can hold
// the caller for ever, so a worker asks, and is left behind with its question if
// that takes too long. It goes away as soon as it gets an answer.
type prober struct {
	statfs func(path string, to *unix.Statfs_t) error
	// stuck has the questions that are still open, by mount point.
	stuck map[string]<-chan struct{}
}

type fsAnswer struct {
	stat unix.Statfs_t
	err  error
}

// ask asks file systems in turn and returns an answer for each. It waits as long
// as the time-out for each one that newly stopped answering.
func (p *prober) ask(ctx context.Context, timeout time.Duration, paths []string) []fsAnswer {
	answers := make([]fsAnswer, len(paths))
	var open []int
	for i, path := range paths {
		if p.isStuck(path) {
			answers[i].err = errNotAnswering
		} else {
			open = append(open, i)
		}
	}
	for len(open) > 0 {
		if len(p.stuck) >= maxStuck {
			for _, i := range open {
				answers[i].err = errTooManyDead
			}
			return answers
		}
		open = open[p.round(ctx, timeout, paths, open, answers):]
		if err := ctx.Err(); err != nil {
			for _, i := range open {
				answers[i].err = err
			}
			return answers
		}
	}
	return answers
}

func (p *prober) isStuck(path string) bool {
	done, ok := p.stuck[path]
	if !ok {
		return false
	}
	select {
	case <-done:
		delete(p.stuck, path)
		return false
	default:
		return true
	}
}

// round lets one worker ask until it is done or has to be left behind, and
// returns how many are settled.
func (p *prober) round(ctx context.Context, timeout time.Duration, paths []string, open []int, answers []fsAnswer) int {
	batch := make([]string, len(open))
	for k, i := range open {
		batch[k] = paths[i]
	}
	// There is room for all answers, so that a worker never waits for us.
	results := make(chan fsAnswer, len(batch))
	left, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for _, path := range batch {
			var a fsAnswer
			a.err = p.statfs(path, &a.stat)
			results <- a
			select {
			case <-left:
				return
			default:
			}
		}
	}()
	defer close(left)
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	for k, i := range open {
		select {
		case answers[i] = <-results:
			timer.Reset(timeout)
			continue
		case <-timer.C:
			answers[i].err = errNotAnswering
		case <-ctx.Done():
			answers[i].err = ctx.Err()
		}
		p.stuck[batch[k]] = done
		return k + 1
	}
	return len(open)
}
