package agent

import (
	"context"
	"fmt"
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
	told string
}

// join makes this host a member, and keeps asking those that should be members
// and are not: one at each interval, whichever it is.
func (a *Agent) join(ctx context.Context, l *link) error {
	s := search{seen: make(map[netip.AddrPort]time.Time)}
	return a.each(ctx, func(now time.Time) error {
		absent := s.absent(l, now)
		if len(absent) == 0 {
			s.told = ""
			return nil
		}
		// it is told when nobody is there, once
		err := l.node.Join(absent)
		if err == nil || len(l.node.Members()) > 1 {
			s.told = ""
			return nil
		}
		if text := err.Error(); text != s.told {
			s.told = text
			fmt.Fprintf(a.out, "peers: %v; it is tried again\n", err)
		}
		return nil
	})
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
