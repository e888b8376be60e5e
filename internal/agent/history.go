package agent

import (
	"context"
	"errors"
	"time"

	"dropwatch/internal/cluster"
	"dropwatch/internal/history"
	"dropwatch/internal/history/rrdcached"
	"dropwatch/internal/peer/identity"
)

// remember keeps the past of all hosts.
func (a *Agent) remember(ctx context.Context) (err error) {
	c := a.config.Load()
	store, err := history.Open(c.HistoryDirectory(), history.Config{Shape: c.HistoryShape(), Keep: c.History.Values, MaxHosts: c.Peers.MaxHosts})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	var daemon *rrdcached.Client
	if c.History.RRDCached != "" {
		if daemon, err = rrdcached.New(rrdcached.Config{Address: c.History.RRDCached, Shape: c.HistoryShape()}); err != nil {
			return err
		}
	}
	m := memory{agent: a, store: store, daemon: daemon, kept: make(map[identity.ID]time.Time)}
	m.told = complaint{out: a.out, part: "history"}
	a.history.Store(&m)
	defer a.history.Store(nil)
	all := newTeam(ctx)
	if daemon != nil {
		all.add(daemon.Run)
	}
	all.add(func(ctx context.Context) error { return a.each(ctx, m.keep) })
	return all.group.Wait()
}

// keptFor is how long the past of a host that is gone is kept.
const keptFor = 90 * 24 * time.Hour

const expireEvery = time.Hour

// A memory is the history of hosts while it is written.
type memory struct {
	agent  *Agent
	store  *history.Store
	daemon *rrdcached.Client // or nil
	kept   map[identity.ID]time.Time
	told   complaint

	expired time.Time // when that was looked for last, which reads all files
}

// keep adds what came since the last time, and of hosts that are down that they
// are. A file that cannot be written is told once, and tried again.
func (m *memory) keep(now time.Time) error {
	var failed error
	kept := make(map[identity.ID]time.Time, len(m.kept))
	view := cluster.New(m.agent.hosts.all(), now)
	for i := range view.Hosts {
		h := &view.Hosts[i]
		list, at := h.Values(now), h.Last
		if !h.Up {
			list, at = list[:1], now // up, which is not
		}
		kept[h.ID] = at
		if at.Equal(m.kept[h.ID]) {
			continue
		}
		if err := m.store.Add(h.ID.String(), h.Name, at, list); err != nil {
			failed = err
		}
		if m.daemon != nil {
			m.daemon.Add(h.Name, at, list)
		}
	}
	m.kept = kept
	if now.Sub(m.expired).Abs() >= expireEvery {
		m.expired = now
		if _, err := m.store.Expire(now.Add(-keptFor)); err != nil {
			failed = err
		}
	}
	m.told.about(failed, "")
	return nil
}
