package main

import (
	"context"
	"fmt"
	"time"
)

// lookEvery is how often views are looked at while something is waited for, and
// how exact times are.
const lookEvery = 200 * time.Millisecond

// A wait is how long something took; if it did not happen, how long was waited.
type wait struct {
	time.Duration
	over bool
}

func (w wait) String() string {
	switch {
	case w.over:
		return fmt.Sprintf("%.1f s", w.Seconds())
	case w.Duration == 0:
		return "-"
	}
	return fmt.Sprintf("> %.0f s", w.Seconds())
}

// spread waits until each of some hosts sees a thing, and tells since a moment when
// the first and when the last one did.
func spread(ctx context.Context, since time.Time, limit time.Duration, hosts []*host, sees func(*host) bool) (first, last wait) {
	left := append([]*host(nil), hosts...)
	for {
		var still []*host
		for _, h := range left {
			if !sees(h) {
				still = append(still, h)
			}
		}
		now := time.Since(since)
		if len(still) < len(hosts) && !first.over {
			first = wait{now, true}
		}
		if len(still) == 0 {
			return first, wait{now, true}
		}
		if now > limit || pause(ctx, lookEvery) != nil {
			if !first.over {
				first.Duration = now
			}
			return first, wait{Duration: now}
		}
		left = still
	}
}

// others are the hosts that are members and alive, but for some.
func (f *fleet) others(but ...*host) []*host {
	var list []*host
next:
	for _, h := range f.hosts {
		for _, b := range but {
			if h == b {
				continue next
			}
		}
		if !h.mute && !h.dead.Load() {
			list = append(list, h)
		}
	}
	return list
}

// everybody waits until all members know all.
func (f *fleet) everybody(ctx context.Context, limit time.Duration) wait {
	all := f.others()
	_, last := spread(ctx, time.Now(), limit, all, func(h *host) bool { return h.members() == len(all) })
	return last
}
