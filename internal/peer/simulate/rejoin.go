package main

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"
)

// rejoin does what the agent of a member does besides its engine, which leaves a
// host alone that was away for long: once in an interval it joins one of those that
// were members and are no more.
func (h *host) rejoin(ctx context.Context, interval time.Duration) {
	random := rand.New(rand.NewPCG(uint64(h.number), 2))
	seen := make(map[netip.AddrPort]bool)
	for wait := time.Duration(random.Int64N(int64(interval))); pause(ctx, wait) == nil; wait = interval {
		here := make(map[netip.AddrPort]bool)
		for _, m := range h.node.Members() {
			here[m.Address], seen[m.Address] = true, true
		}
		var missing []string
		for address := range seen {
			if !here[address] {
				missing = append(missing, address.String())
			}
		}
		if len(missing) > 0 {
			// that it is still away is no error
			_ = h.node.Join(missing[random.IntN(len(missing)):][:1])
		}
	}
}

// whileRejoining does something while all members do that.
func (f *fleet) whileRejoining(ctx context.Context, do func(context.Context) error) error {
	ctx, stop := context.WithCancel(ctx)
	var all sync.WaitGroup
	for _, h := range f.hosts {
		all.Go(func() { h.rejoin(ctx, f.interval) })
	}
	err := do(ctx)
	stop()
	all.Wait()
	return err
}
