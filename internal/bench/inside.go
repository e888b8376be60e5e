package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"dropwatch/internal/netdm"
)

// A delivery is what was measured of one watcher.
type delivery struct {
	watcher
	bursts []volley
	paces  []pace
}

// inside is the part of the benchmark that runs in a guest: all watchers after
// one another, in passes of alternating order.
func inside(ctx context.Context, o options, binary string, out io.Writer) (err error) {
	monitor, err := netdm.Dial(netdm.Config{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, monitor.Close()) }()
	g, err := newGun(ctx)
	if err != nil {
		return err
	}
	list := watchers(binary)
	measured := make([]delivery, len(list))
	for pass := range o.passes {
		for _, i := range order(len(list), pass) {
			measured[i].watcher = list[i]
			fmt.Fprintf(os.Stderr, "pass %d of %d: %s\n", pass+1, o.passes, list[i].name)
			if err := measured[i].measure(ctx, o, monitor, g); err != nil {
				return err
			}
		}
	}
	if err := printDeliveries(out, o, measured); err != nil {
		return err
	}
	dropped, err := g.dropped(ctx)
	if err == nil && dropped != uint64(g.all()) {
		err = fmt.Errorf("sent %d packets, the rule has dropped %d", g.all(), dropped)
	}
	return err
}

// measure adds a burst and a search. What a watcher that counts its losses told
// must add up to what was sent.
func (d *delivery) measure(ctx context.Context, o options, monitor *netdm.Client, g *gun) (err error) {
	w, err := d.begin(ctx, monitor)
	if err != nil {
		return err
	}
	first, before := g.mark+1, g.all()
	err = errors.Join(d.shoot(ctx, o, &shooting{watch: w, gun: g}), w.end())
	if err != nil || !d.counts {
		return err
	}
	delivered, sent := w.counted(), g.all()-before
	for mark := first; mark <= g.mark; mark++ {
		delivered += w.packets[mark]
	}
	if delivered+w.missed != sent || w.atLeast {
		return fmt.Errorf("%s: sent %d, delivered %d and counted %d as lost: %d are not accounted for",
			d.name, sent, delivered, w.missed, sent-delivered-w.missed)
	}
	return nil
}

func (d *delivery) shoot(ctx context.Context, o options, s *shooting) error {
	if err := s.warm(ctx); err != nil {
		return err
	}
	v, err := s.volley(ctx, o.burst, 0)
	if err != nil {
		return err
	}
	d.bursts = append(d.bursts, v)
	if d.only {
		return nil
	}
	first := float64(firstPace)
	if d.summary {
		first = firstSummaryPace
	}
	p, err := s.search(ctx, first, o.step, o.refine)
	d.paces = append(d.paces, p)
	return err
}

// release is the kernel's.
func release() string {
	var name unix.Utsname
	// cannot fail: the address is good
	_ = unix.Uname(&name)
	return unix.ByteSliceToString(name.Release[:])
}
