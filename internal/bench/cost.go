package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
)

// A cost is what was measured of one arm.
type cost struct {
	arm     string
	times   map[string]series // by flood, ns of the sender for each packet
	sent    uint64
	counted uint64
	failed  error // the arm is left out
}

// costs measures the CPU time of a dropped packet under each arm.
func costs(ctx context.Context, o options, l *lab, dir string, out io.Writer) (_ []cost, err error) {
	unmount, err := mountTracefs()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unmount()) }()
	list := arms(l, dir)
	measured := make([]cost, len(list))
	for i, a := range list {
		measured[i] = cost{arm: a.name, times: make(map[string]series)}
	}
	for round := range o.rounds {
		for _, i := range order(len(list), round) {
			if measured[i].failed != nil {
				continue
			}
			if err := measured[i].round(ctx, o, l, list[i]); err != nil {
				return nil, err
			}
		}
	}
	return measured, printCosts(out, o, l, measured)
}

// round measures an arm once under every flood. An arm that fails is left out
// from then on; a flood that fails is an error.
func (c *cost) round(ctx context.Context, o options, l *lab, a arm) error {
	stop, err := a.attach(ctx)
	if err != nil {
		c.failed = err
		return nil
	}
	for _, f := range l.floods {
		times, sent, failed := f.timed(ctx, o.slices, o.slice, nil)
		c.times[f.name] = append(c.times[f.name], times...)
		c.sent += sent
		if failed != nil {
			err = fmt.Errorf("%s: %w", a.name, failed)
			break
		}
	}
	counted, failed := stop()
	c.counted += counted
	c.failed = failed
	return err
}

// added is what an arm costs beside the flood itself.
func added(costs []cost, arm, flood string) (b bounds, ok bool) {
	var none, with series
	for _, c := range costs {
		if c.failed != nil {
			continue
		}
		switch c.arm {
		case armNone:
			none = c.times[flood]
		case arm:
			with = c.times[flood]
		}
	}
	if len(none) == 0 || len(with) == 0 {
		return b, false
	}
	return with.bounds().minus(none.bounds()), true
}

func printCosts(out io.Writer, o options, l *lab, costs []cost) error {
	fmt.Fprintf(out, "\nCost of a drop: CPU time of the sending thread, ns a packet,\n"+
		"%d rounds of %d pieces of %d packets, interleaved; \"added\" is over none\n", o.rounds, o.slices, o.slice)
	for _, f := range l.floods {
		fmt.Fprintf(out, "\n%s flood\n", f.name)
		w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "  watcher\tmin\tmedian\tadded min\tadded median")
		for _, c := range costs {
			if c.failed != nil {
				fmt.Fprintf(w, "  %s\tleft out: %v\n", c.arm, c.failed)
				continue
			}
			b := c.times[f.name].bounds()
			a, _ := added(costs, c.arm, f.name)
			if c.arm == armNone {
				fmt.Fprintf(w, "  %s\t%.0f\t%.0f\t\t\n", c.arm, b.min, b.median)
				continue
			}
			fmt.Fprintf(w, "  %s\t%.0f\t%.0f\t%+.0f\t%+.0f\n", c.arm, b.min, b.median, a.min, a.median)
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	fmt.Fprintln(out, "\nwhat the watchers counted in these rounds (bpftrace counts the whole host)")
	for _, c := range costs {
		if c.counted > 0 {
			fmt.Fprintf(out, "  %s: %d of %d sent (%.2f %%)\n", c.arm, c.counted, c.sent, 100*float64(c.counted)/float64(c.sent))
		}
	}
	return nil
}
