package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"text/tabwriter"
	"time"

	"dropwatch/dropmon"
	"dropwatch/internal/scenario"
)

// An eventRun is what became of drops at a pace that were asked for one by one.
type eventRun struct {
	sent, delivered, missed uint64
	took                    time.Duration
	reader                  time.Duration // CPU time of the thread that received
}

// events has every packet of a flood delivered, and prints how many came.
func events(ctx context.Context, o options, l *lab, out io.Writer) error {
	fmt.Fprintf(out, "\nSingle packets: %.0f drops a second for %v, each delivered by source ebpf\n", o.pace, o.hold)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "sent\ta second\tdelivered\tmissed\treader's CPU\tns a packet\t")
	r, err := l.eventRun(ctx, o)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%d\t%.0f\t%d\t%d\t%.1f %%\t%.0f\t\n", r.sent, float64(r.sent)/r.took.Seconds(), r.delivered, r.missed,
		100*r.reader.Seconds()/r.took.Seconds(), float64(r.reader)/float64(max(r.delivered, 1)))
	if err := w.Flush(); err != nil {
		return err
	}
	if !agrees(r.sent, r.delivered, r.missed) {
		return errors.New("delivered and missed are not what was sent")
	}
	return nil
}

func (l *lab) eventRun(ctx context.Context, o options) (r eventRun, err error) {
	source, err := dropmon.Open(dropmon.Config{
		Source: "ebpf", Packets: true, Restrict: dropmon.Restriction{NetNS: []uint32{l.Inode(scenario.B)}},
	})
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	before, err := l.ruleCount()
	if err != nil {
		return r, err
	}
	done := make(chan error, 1)
	ended := make(chan struct{})
	go func() {
		runtime.LockOSThread()
		done <- r.receive(source, ended)
	}()
	r.took, err = l.floods[0].paced(ctx, o.pace, o.hold)
	close(ended)
	source.Wake()
	if err = errors.Join(err, <-done); err != nil {
		return r, err
	}
	after, err := l.ruleCount()
	r.sent = after - before
	return r, err
}

// receive counts until the flood has ended and the source is empty.
func (r *eventRun) receive(source dropmon.Source, ended <-chan struct{}) error {
	start := threadTime()
	count := func(d *dropmon.Drop) { r.delivered += d.Packets }
	for open := true; open; {
		if err := source.Receive(time.Now().Add(time.Second), count); err != nil {
			return err
		}
		select {
		case <-ended:
			open = false
		default:
		}
	}
	if err := errors.Join(source.Stop(), source.Receive(time.Now(), count)); err != nil {
		return err
	}
	r.reader = threadTime() - start
	stats, err := source.Stats()
	r.missed = stats.Missed()
	return err
}

// paced sends evenly for a while.
func (f *flood) paced(ctx context.Context, pace float64, hold time.Duration) (took time.Duration, err error) {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // and never unlock: the thread stays on one CPU
		done <- func() error {
			if err := stay(); err != nil {
				return err
			}
			start := time.Now()
			for sent, total := 0, int(pace*hold.Seconds()); sent < total; {
				due := min(total, int(time.Since(start).Seconds()*pace)+1) - sent
				if due == 0 {
					time.Sleep(time.Millisecond)
					continue
				}
				did, err := f.send(due)
				if err = errors.Join(err, ctx.Err()); err != nil {
					return err
				}
				sent += int(did)
			}
			took = time.Since(start)
			return nil
		}()
	}()
	err = <-done
	return took, err
}
