package main

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"dropwatch/internal/cluster"
)

// fail pulls the cables of an ordinary host and, if asked to, of a collector, and
// plugs them in again.
func (s *scenario) fail(ctx context.Context) error {
	_, before := s.declared.counts()
	return s.whileSending(ctx, func(ctx context.Context) error {
		// until half an interval after the second record of the last host, when
		// members have also recovered from the losses
		if err := pause(ctx, s.interval*3/2); err != nil {
			return err
		}
		if w := s.everybody(ctx, completeLimit); !w.over {
			s.want("every member knows all, after losses", w)
		}
		_, after := s.declared.counts()
		s.r.falselyLossy += after - before
		if s.r.mute {
			return s.failMute(ctx)
		}
		return s.failMembers(ctx)
	})
}

func (s *scenario) failMembers(ctx context.Context) error {
	rightly, before := s.declared.counts()
	victim := s.hosts[len(s.hosts)-1]
	var views errgroup.Group
	victim.kill()
	killed := time.Now()
	views.Go(func() error {
		s.r.down = s.sayDown(ctx, killed, victim)
		return nil
	})
	s.r.member = s.detect(ctx, killed, victim)
	s.want("all members know of a death", s.r.member.last)
	var collector *host
	if s.c.revive {
		collector = s.hosts[collectors-1]
		collector.kill()
		s.r.collector = s.detect(ctx, time.Now(), victim, collector)
		s.want("all members know of the death of a collector", s.r.collector.last)
	}
	if err := views.Wait(); err != nil {
		return err
	}
	s.want("collectors say that a host is down", s.r.down)
	declared, now := s.declared.counts()
	s.r.rightly, s.r.falsely = declared-rightly, s.r.falsely+now-before
	if s.c.revive {
		s.reviveAll(ctx, victim, collector)
	}
	return nil
}

func (s *scenario) reviveAll(ctx context.Context, hosts ...*host) {
	_, before := s.declared.counts()
	for _, h := range hosts {
		h.revive()
	}
	s.r.back = s.everybody(ctx, backLimit)
	s.want("every member knows all again", s.r.back)
	_, after := s.declared.counts()
	s.r.falselyAfter = after - before
}

// detect waits until all that are alive know that one has died.
func (s *scenario) detect(ctx context.Context, since time.Time, dead ...*host) detection {
	victim := dead[len(dead)-1]
	first, last := spread(ctx, since, detectLimit, s.others(dead...), func(h *host) bool { return !h.knows(victim) })
	return detection{first, last}
}

// sayDown waits until the views of the collectors say that a host is down. The last
// collector may be about to die too.
func (s *scenario) sayDown(ctx context.Context, since time.Time, dead *host) wait {
	asked := s.hosts[:collectors]
	if s.c.revive && !s.r.mute {
		asked = asked[:collectors-1]
	}
	_, last := spread(ctx, since, 2*cluster.DownAfter*s.c.interval, asked, func(h *host) bool { return !h.collector.up(dead.id) })
	return last
}

// failMute knows of nothing but the views of the collectors.
func (s *scenario) failMute(ctx context.Context) error {
	_, before := s.declared.counts()
	victim := s.hosts[len(s.hosts)-1]
	victim.kill()
	s.r.down = s.sayDown(ctx, time.Now(), victim)
	s.want("collectors say that a mute host is down", s.r.down)
	victim.revive()
	_, s.r.back = spread(ctx, time.Now(), recordsLimit*s.c.interval, s.hosts[:collectors], func(h *host) bool { return h.collector.up(victim.id) })
	s.want("collectors say that it is up again", s.r.back)
	_, after := s.declared.counts()
	s.r.falsely += after - before
	return nil
}
