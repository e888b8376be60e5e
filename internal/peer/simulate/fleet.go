package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"dropwatch/internal/peer"
	"dropwatch/internal/peer/simulate/network"
)

// collectors is how many hosts want all records; the first ones.
const collectors = 3

// A fleet is all hosts of a scenario.
type fleet struct {
	net      *network.Network
	hosts    []*host
	interval time.Duration
	dir      string
	keys     [][]byte
	random   *rand.Rand
	declared declared

	stop  context.CancelFunc
	tasks *errgroup.Group
	ctx   context.Context // of the tasks
}

func newFleet(ctx context.Context, c *config, dir string) *fleet {
	f := &fleet{
		net: network.New(c.seed), interval: c.interval, dir: dir, keys: [][]byte{peer.NewKey()},
		random: rand.New(rand.NewPCG(c.seed, 1)),
	}
	ctx, f.stop = context.WithCancel(ctx)
	f.tasks, f.ctx = errgroup.WithContext(ctx)
	return f
}

// members starts hosts that are members, the first of them collectors, one after
// the other with a pause. Each joins by some that are there already.
func (f *fleet) members(count int, pace time.Duration) error {
	begun := time.Now()
	for i := range count {
		if err := pause(f.ctx, time.Until(begun.Add(time.Duration(i)*pace))); err != nil {
			return err
		}
		if err := f.member(); err != nil {
			return err
		}
	}
	return nil
}

func (f *fleet) member() error {
	h := newHost(len(f.hosts), f.net.Add())
	c := peer.Config{Name: h.name, Keys: f.keys, Transport: h.end, Log: f.declared.ear(h)}
	if h.number < collectors {
		var err error
		if h.collector, err = newCollector(filepath.Join(f.dir, h.name)); err != nil {
			return err
		}
		c.Collector, c.Receive = true, h.collector.receive
		f.tasks.Go(func() error { return h.collector.keep(f.ctx) })
	}
	seeds := f.seeds()
	if err := f.start(h, c); err != nil {
		return err
	}
	if err := h.node.Join(seeds); err != nil {
		return fmt.Errorf("%s: %w", h.name, err)
	}
	f.tasks.Go(func() error {
		h.rejoin(f.ctx, f.interval)
		return nil
	})
	return nil
}

// seeds are the addresses of two or three of those that are there.
func (f *fleet) seeds() []string {
	var list []string
	all := f.random.Perm(len(f.hosts))
	for _, i := range all[:min(len(all), 2+f.random.IntN(2))] {
		list = append(list, f.hosts[i].end.Address().String())
	}
	return list
}

// mute starts hosts that send only, to the collectors there are.
func (f *fleet) mute(count int, pace time.Duration) error {
	var to []string
	for _, h := range f.hosts {
		if h.collector != nil {
			to = append(to, h.end.Address().String())
		}
	}
	begun := time.Now()
	for i := range count {
		if err := pause(f.ctx, time.Until(begun.Add(time.Duration(i)*pace))); err != nil {
			return err
		}
		h := newHost(len(f.hosts), f.net.AddMute())
		h.mute = true
		if err := f.start(h, peer.Config{Name: h.name, Mute: true, Keys: f.keys, Transport: h.end, Collectors: to}); err != nil {
			return err
		}
	}
	return nil
}

func (f *fleet) start(h *host, c peer.Config) error {
	node, err := peer.Start(c)
	if err != nil {
		return fmt.Errorf("%s: %w", h.name, err)
	}
	h.node = node
	f.hosts = append(f.hosts, h)
	return nil
}

// close ends all hosts.
func (f *fleet) close() error {
	f.stop()
	err := f.tasks.Wait()
	for _, h := range f.hosts {
		err = errors.Join(err, h.node.Close())
	}
	return err
}

// send sends rounds of records, each host's at its own moment of the interval. With
// less than none it goes on until the context ends. It tells how many packets all
// collectors together should have got. At the end of the last round it waits for
// the round to be over.
func (f *fleet) send(ctx context.Context, rounds int) (packets uint64, err error) {
	begun := time.Now()
	for round := 0; rounds < 0 || round < rounds; round++ {
		for i, h := range f.hosts {
			at := begun.Add(time.Duration(round)*f.interval + time.Duration(i)*f.interval/time.Duration(len(f.hosts)))
			if pause(ctx, time.Until(at)) != nil {
				return packets, nil
			}
			parts, err := h.send(f.interval)
			if err != nil {
				return packets, fmt.Errorf("%s: %w", h.name, err)
			}
			to := collectors
			if h.collector != nil {
				to--
			}
			packets += uint64(parts * to)
		}
	}
	return packets, pause(ctx, time.Until(begun.Add(time.Duration(rounds)*f.interval)))
}

// pause waits, or returns the error of a context that ends before.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
