package agent

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"
)

// lostFor is how long a member that answers no more is asked again: a cluster
// that was cut in two grows together by itself.
const lostFor = time.Hour

// A search is for members that are not there.
type search struct {
	seen map[netip.AddrPort]time.Time // when each was a member last
}

// join makes this host a member, and keeps asking those that should be members
// and are not: one at each interval, whichever it is.
func (a *Agent) join(ctx context.Context, l *link) error {
	s := search{seen: make(map[netip.AddrPort]time.Time)}
	told := complaint{out: a.out, part: "peers"}
	return a.each(ctx, func(now time.Time) error {
		err := ask(ctx, l, s.absent(l, now))
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

// ask asks one after the other, and tells of those that did not answer if none did.
func ask(ctx context.Context, l *link, addresses []string) error {
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

// absent is whom to ask: all that are configured while this host is alone, else
// one of those that are configured or were members.
func (s *search) absent(l *link, now time.Time) []string {
	here := make(map[string]bool)
	members := l.node.Members()
	for _, m := range members {
		here[m.Address.String()] = true
		s.seen[m.Address] = now
	}
	maps.DeleteFunc(s.seen, func(_ netip.AddrPort, last time.Time) bool { return now.Sub(last) > lostFor })
	if len(members) < 2 && len(l.peers.Join) > 0 {
		return l.peers.Join
	}
	var missing []string
	for address := range s.seen {
		missing = append(missing, address.String())
	}
	for _, address := range l.peers.Join {
		if _, err := netip.ParseAddrPort(address); err == nil { // a name may be that of a member
			missing = append(missing, address)
		}
	}
	missing = slices.DeleteFunc(missing, func(address string) bool { return here[address] })
	if len(missing) == 0 {
		return nil
	}
	return []string{missing[rand.IntN(len(missing))]}
}
