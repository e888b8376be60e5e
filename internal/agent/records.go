package agent

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"dropwatch/internal/hoststat"
	"dropwatch/internal/peer/record"
	"dropwatch/internal/peer/statedir"
)

// tellDrops has the next record tell of drops; nil tells nothing.
func (a *Agent) tellDrops(drops *record.Drops) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.drops = drops
}

// records sends a record at each interval, and keeps it as this host's own.
func (a *Agent) records(ctx context.Context) error {
	// A little later than the reports, of which the last one is told.
	if !wait(ctx, ctx, min(a.config.Load().Interval/2, time.Second)) {
		return nil
	}
	unsent, unkept := complaint{out: a.out, part: "peers"}, complaint{out: a.out, part: "records"}
	return a.each(ctx, func(now time.Time) error {
		r := a.report()
		a.sequence++
		h := record.Header{Epoch: a.epoch, Sequence: a.sequence, Time: now}
		packets, err := record.Encode(r, h, a.key.Private)
		if err != nil {
			return fmt.Errorf("make record: %w", err)
		}
		a.beat.Store(int64(now.Sub(a.began)))
		// on a full disk the others are told all the more
		unkept.about(a.keepOwn(r, now), "")
		if l := a.linked(); l != nil {
			err := attempt(ctx, func() error { return l.node.Send(packets) })
			if ctx.Err() == nil && a.linked() == l { // else it was closed meanwhile
				unsent.about(err, "") // others may have got it
			}
		}
		return nil
	})
}

// report is what this host tells now.
func (a *Agent) report() *record.Report {
	c := a.config.Load()
	_, kernel := hoststat.Identity()
	a.mu.Lock()
	defer a.mu.Unlock()
	return &record.Report{
		Host: &record.Host{
			Name: c.Host, Kernel: kernel, Version: a.version, Boot: hoststat.Boot(),
			Role: string(c.Peers.Role), Interval: c.Interval.Seconds(),
		},
		Status: a.status, Drops: a.drops,
	}
}

// keepOwn makes this host one among its peers for those who read the directory.
func (a *Agent) keepOwn(r *record.Report, now time.Time) error {
	if a.first.IsZero() {
		a.first = now
	}
	return a.hosts.put(&statedir.Peer{
		ID: a.key.ID, Name: r.Host.Name, Role: r.Host.Role, State: stateSelf,
		First: a.first, Last: now, Sent: now, Epoch: a.epoch, Sequence: a.sequence,
		DownAfter: a.config.Load().Peers.DownAfter, Report: r,
	})
}

// lines is a writer for several goroutines.
type lines struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

// engineLog takes the lines of the engine, which writes one for each bad packet:
// at most one in ten seconds is passed on, with how many were left out.
func (a *Agent) engineLog() io.Writer { return &seldom{w: a.out, least: 10 * time.Second} }

type seldom struct {
	w     io.Writer
	least time.Duration

	mu   sync.Mutex
	last time.Time
	left int
}

func (s *seldom) Write(b []byte) (int, error) {
	text := strings.TrimSpace(string(b))
	if !strings.Contains(text, "[WARN]") && !strings.Contains(text, "[ERR]") {
		return len(b), nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); now.Sub(s.last) >= s.least {
		if s.left > 0 {
			text += fmt.Sprintf(" (and %d more)", s.left)
		}
		s.last, s.left = now, 0
		if _, err := fmt.Fprintf(s.w, "peers: %s\n", text); err != nil {
			return 0, err
		}
		return len(b), nil
	}
	s.left++
	return len(b), nil
}
