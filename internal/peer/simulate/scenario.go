package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sync/errgroup"
)

// Limits of what is waited for.
const (
	completeLimit = 3 * time.Minute
	quietLimit    = 2 * time.Minute
	detectLimit   = time.Minute
	// backLimit is longer than the time after which the engine of one of 300 tells
	// all it knows to another one by itself.
	backLimit = 4 * time.Minute
	// recordsLimit is in intervals.
	recordsLimit = 20
)

// A scenario is a run with so many hosts.
type scenario struct {
	*fleet
	c        *config
	r        result
	progress io.Writer
	before   memory
	settled  moment // after joining
}

// play runs a scenario from the first host to the end of all.
func play(ctx context.Context, c *config, hosts int, mute bool, progress io.Writer) (_ *result, err error) {
	before, err := idleMemory()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(c.dir, "simulate-")
	if err != nil {
		return nil, fmt.Errorf("make directory for collectors: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s := &scenario{c: c, fleet: newFleet(ctx, c, dir), progress: progress, before: before}
	s.r.mute, s.r.interval, s.r.hosts = mute, c.interval, hosts
	s.r.name = fmt.Sprintf("%d members", hosts)
	if mute {
		s.r.name = fmt.Sprintf("%d mute", hosts)
	}
	// the fleet ends before its directory is removed
	defer func() { err = errors.Join(err, s.close()) }()
	var late lateness
	s.tasks.Go(func() error {
		late.watch(s.ctx)
		return nil
	})
	for _, step := range []func(context.Context) error{s.gather, s.idle, s.tell, s.steady, s.lose, s.fail} {
		if err := step(s.ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", s.r.name, err)
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	s.r.late = time.Duration(late.worst.Load())
	return &s.r, nil
}

// say tells how far it is.
func (s *scenario) say(format string, args ...any) {
	fmt.Fprintf(s.progress, "%s: %s\n", s.r.name, fmt.Sprintf(format, args...))
}

// want notes what did not happen.
func (s *scenario) want(what string, w wait) {
	if !w.over {
		s.r.unfinished = append(s.r.unfinished, what)
	}
	s.say("%s: %v", what, w)
}

// gather lets all hosts join.
func (s *scenario) gather(ctx context.Context) error {
	from := s.now()
	members := s.r.hosts
	if s.r.mute {
		members = collectors
	}
	if err := s.members(members, s.c.pace); err != nil {
		return err
	}
	if s.r.mute {
		if err := s.mute(s.r.hosts, 0); err != nil {
			return err
		}
	}
	s.r.join = wait{time.Since(from.at), true}
	s.want("all have joined", s.r.join)
	s.r.complete = s.everybody(ctx, completeLimit)
	s.want("every member knows all, after the last join", s.r.complete)
	s.r.quiet = s.quiet(ctx, quietLimit)
	s.want("nothing is passed on any more, after that", s.r.quiet)
	s.settled = s.now()
	s.r.busy = cores(from, s.settled)
	return nil
}

// idle measures membership alone.
func (s *scenario) idle(ctx context.Context) error {
	from := s.now()
	if err := pause(ctx, s.c.idle); err != nil {
		return err
	}
	to := s.now()
	seconds := to.at.Sub(from.at).Seconds()
	s.r.membership = float64(to.ordinary.Sent.Bytes-from.ordinary.Sent.Bytes) / seconds / s.ordinary()
	s.r.received = float64(to.collector.Received.Bytes-from.collector.Received.Bytes) / seconds / collectors
	s.say("%.0f B/s are sent by a host without records", s.r.membership)
	return nil
}

// tell sends records until every collector has one of every other host.
func (s *scenario) tell(ctx context.Context) error {
	return s.whileSending(ctx, func(ctx context.Context) error {
		_, s.r.records = spread(ctx, time.Now(), recordsLimit*s.c.interval, s.hosts[:collectors], func(h *host) bool {
			return h.collector.heard() == len(s.hosts)-1
		})
		s.want("every collector has a record of every host", s.r.records)
		return nil
	})
}

// whileSending does something while records are sent.
func (s *scenario) whileSending(ctx context.Context, do func(context.Context) error) error {
	sending, stop := context.WithCancel(ctx)
	defer stop()
	var tasks errgroup.Group
	tasks.Go(func() error {
		_, err := s.send(sending, -1)
		return err
	})
	err := do(ctx)
	stop()
	return errors.Join(err, tasks.Wait())
}

// steady measures some rounds of records without loss, and what hosts need.
func (s *scenario) steady(ctx context.Context) error {
	from, to, err := s.rounds(ctx, &s.r.lossless)
	if err != nil {
		return err
	}
	window, rounds := to.at.Sub(from.at).Seconds(), float64(s.c.rounds)
	// what is left without membership, told for the usual interval
	ordinary := float64(to.ordinary.Sent.Bytes-from.ordinary.Sent.Bytes)/s.ordinary() - s.r.membership*window
	s.r.record = ordinary / rounds / perRecord.Seconds()
	collector := float64(to.collector.Received.Bytes-from.collector.Received.Bytes)/collectors - s.r.received*window
	s.r.received += collector / rounds / perRecord.Seconds()
	s.r.cpu = cores(from, to) / float64(len(s.hosts))
	s.r.busy = max(s.r.busy, cores(from, to))
	now, err := nowMemory()
	if err != nil {
		return err
	}
	s.r.heap = float64(now.heap-s.before.heap) / float64(len(s.hosts))
	s.r.rss = float64(now.rss-s.before.rss) / float64(len(s.hosts))
	_, s.r.falsely = s.declared.counts()
	s.say("%.0f B/s are sent by a host with records; %d of %d packets were taken", s.r.total(), s.r.lossless.taken, s.r.lossless.sent)
	return nil
}

// streams measures streams over all that was so far: members exchange what they know
// in a stream every 30 seconds to some minutes, those that joined together together.
func (s *scenario) streams() {
	now := s.now()
	seconds := now.at.Sub(s.settled.at).Seconds()
	s.r.streams = float64(now.ordinary.Sent.StreamBytes-s.settled.ordinary.Sent.StreamBytes) / seconds / s.ordinary()
	s.r.streamsReceived = float64(now.collector.Received.StreamBytes-s.settled.collector.Received.StreamBytes) / seconds / collectors
}

// rounds sends some rounds of records and counts what is taken.
func (s *scenario) rounds(ctx context.Context, d *delivery) (from, to moment, err error) {
	s.settle(ctx)
	from = s.now()
	if d.sent, err = s.send(ctx, s.c.rounds); err != nil {
		return from, to, err
	}
	s.settle(ctx)
	to = s.now()
	d.taken, d.refused = to.taken-from.taken, to.refused-from.refused
	d.overflows = to.collector.Overflows - from.collector.Overflows
	return from, to, nil
}

// lose does the same with loss.
func (s *scenario) lose(ctx context.Context) error {
	_, before := s.declared.counts()
	s.net.SetLoss(s.c.loss)
	_, _, err := s.rounds(ctx, &s.r.lossy)
	s.net.SetLoss(0)
	if err != nil {
		return err
	}
	s.say("%d of %d packets were taken when %.0f %% were lost", s.r.lossy.taken, s.r.lossy.sent, 100*s.c.loss)
	_, after := s.declared.counts()
	s.r.falselyLossy = after - before
	s.streams()
	return nil
}
