package agent

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"dropwatch/internal/peer"
)

// join makes this host a member, and keeps asking those that should be members
// and are not: one at each interval, whichever it is. It does not begin at once:
// after a loss of power all hosts start at the same time.
func (a *Agent) join(ctx context.Context, l *link) error {
	if !wait(ctx, ctx, rand.N(a.config.Load().Interval/2)) {
		return nil
	}
	s := peer.NewSearch(a.config.Load().Host, l.peers.Join)
	told := complaint{out: a.out, part: "peers"}
	return a.each(ctx, func(now time.Time) error {
		err := joinSome(ctx, l, s.Absent(l.node.Members(), now))
		switch {
		case ctx.Err() != nil:
		case err == nil || len(l.node.Members()) > 1:
			told.over()
		default:
			told.about(err, "; it is tried again")
		}
		return nil
	})
}

// joinSome asks one after the other, and tells of those that did not answer if none did.
func joinSome(ctx context.Context, l *link, addresses []string) error {
	var errs []error
	for _, address := range addresses {
		err := attempt(ctx, func() error { return l.node.Join([]string{address}) })
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) < len(addresses) {
		return nil
	}
	return errors.Join(errs...)
}
