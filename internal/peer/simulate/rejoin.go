package main

import (
	"context"
	"math/rand/v2"
	"time"

	"dropwatch/internal/peer"
)

// rejoin does what the agent of a member does besides its engine, which leaves a
// host alone that was away for long: once in an interval it joins one that should be
// a member.
func (h *host) rejoin(ctx context.Context, interval time.Duration) {
	random := rand.New(rand.NewPCG(uint64(h.number), 2))
	search := peer.NewSearch(h.name, nil)
	for wait := time.Duration(random.Int64N(int64(interval))); pause(ctx, wait) == nil; wait = interval {
		if absent := search.Absent(h.node.Members(), time.Now()); len(absent) > 0 {
			// that it is still away is no error
			_ = h.node.Join(absent)
		}
	}
}
