package main

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"dropwatch/internal/cluster"
	"dropwatch/internal/peer/admit"
	"dropwatch/internal/peer/identity"
	"dropwatch/internal/peer/statedir"
)

// A collector takes records as an agent does: what comes waits in a bounded queue
// for one goroutine, which asks a real gate.
type collector struct {
	gate    *admit.Gate
	arrived chan arrival
	overrun atomic.Uint64 // packets that found no room in it

	mu    sync.Mutex
	last  map[identity.ID]*statedir.Peer
	taken uint64 // packets
}

type arrival struct {
	packet []byte
	from   netip.AddrPort
}

const (
	inboxLength = 1024 // as in the agent
	saveEvery   = time.Second
)

// newCollector makes one with its files in a directory, which is made.
func newCollector(dir string) (*collector, error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make collector: %w", err)
	}
	known, err := identity.OpenKnown(filepath.Join(dir, "known-hosts"), identity.Policy{FirstUse: true})
	if err != nil {
		return nil, err
	}
	gate, err := admit.New(admit.Config{Known: known, Marks: filepath.Join(dir, "marks")})
	if err != nil {
		return nil, err
	}
	return &collector{gate: gate, arrived: make(chan arrival, inboxLength), last: make(map[identity.ID]*statedir.Peer)}, nil
}

func (c *collector) receive(packet []byte, from netip.AddrPort) {
	select {
	case c.arrived <- arrival{packet, from}:
	default:
		c.overrun.Add(1)
	}
}

// keep takes what comes until the context ends.
func (c *collector) keep(ctx context.Context) error {
	ticker := time.NewTicker(saveEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return c.gate.Close()
		case a := <-c.arrived:
			c.take(a, time.Now())
		case now := <-ticker.C:
			if err := c.gate.Save(now); err != nil {
				return err
			}
		}
	}
}

func (c *collector) take(a arrival, now time.Time) {
	p, verdict := c.gate.Admit(a.packet, a.from, now)
	if verdict != admit.Taken {
		return // counted by the gate
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.taken++
	if p.Part == 0 {
		c.last[p.Host] = &statedir.Peer{ID: p.Host, Last: now, Report: p.Report}
	}
}

// heard is how many hosts it has a record of.
func (c *collector) heard() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.last)
}

// packets is how many were taken.
func (c *collector) packets() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.taken
}

// up is what a view of the cluster says about a host.
func (c *collector) up(id identity.ID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.last[id]
	return p != nil && cluster.New([]*statedir.Peer{p}, time.Now()).Hosts[0].Up
}

// refused is how many packets were not taken, whoever refused them.
func (c *collector) refused() uint64 {
	counts := c.gate.Counts()
	return counts.Refused() + c.overrun.Load()
}
