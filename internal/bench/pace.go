package main

import (
	"context"
	"math"
	"time"
)

// A pace is the largest at which a watcher lost nothing.
type pace struct {
	most    float64 // packets a second; 0 if it lost some at the smallest
	limited bool    // the sender could not do more
}

// The smallest that are tried.
const (
	firstPace        = 250
	firstSummaryPace = 4000
)

// search finds the pace: it is doubled until the watcher does not keep up, then
// the gap is halved, as a ratio, some times.
func (s *shooting) search(ctx context.Context, first float64, hold time.Duration, refine int) (pace, error) {
	return search(first, refine, func(next float64) (volley, error) {
		return s.volley(ctx, int(next*hold.Seconds()), next)
	}, func(v volley) bool { return v.kept(s.summary) })
}

func search(first float64, refine int, fire func(float64) (volley, error), kept func(volley) bool) (p pace, err error) {
	bad := math.Inf(1)
	for next := first; ; {
		reached, slow, err := try(next, fire, kept)
		if err != nil {
			return p, err
		}
		if slow > 0 {
			return pace{most: max(p.most, slow), limited: true}, nil
		}
		if reached > 0 {
			p.most = reached
		} else {
			bad = next
		}
		switch {
		case math.IsInf(bad, 1):
			next *= 2
		case p.most == 0 || refine == 0:
			return p, nil
		default:
			refine--
			next = math.Sqrt(p.most * bad)
		}
	}
}

// tries is how often a pace may fail: the machine may have had other work to
// do.
const tries = 3

// try returns the pace that was reached without loss, 0 if there was some each
// time. slow is that of a sender that was too slow each time for the watcher to
// fail.
func try(next float64, fire func(float64) (volley, error), kept func(volley) bool) (reached, slow float64, err error) {
	lost := false
	for range tries {
		v, err := fire(next)
		switch {
		case err != nil:
			return 0, 0, err
		case !kept(v):
			lost = true
		case v.pace() >= 0.9*next:
			return v.pace(), 0, nil
		default:
			slow = max(slow, v.pace())
		}
	}
	if lost {
		slow = 0
	}
	return 0, slow, nil
}
