package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"dropwatch/internal/alert"
	"dropwatch/internal/config"
	"dropwatch/internal/export/metrics"
	"dropwatch/internal/hoststat"
	"dropwatch/internal/peer/identity"
	"dropwatch/internal/peer/record"
	"dropwatch/internal/peer/statedir"
)

// An Agent watches drops and the status of this host, tells its peers, and keeps
// what they tell.
type Agent struct {
	version string
	out     io.Writer // complaints, a line each
	key     *identity.Key
	epoch   uint64
	dir     *statedir.Dir
	hosts   *hosts
	parts   *supervisor
	metrics *metrics.Metrics
	crew    *crew // the parts that run

	config  atomic.Pointer[config.Config] // replaced as a whole by Reload
	beat    atomic.Int64                  // Unix nanoseconds of the last record
	alerts  atomic.Pointer[alert.List]    // nil without rules
	history atomic.Pointer[memory]        // nil while none is kept

	mu     sync.Mutex
	status *record.Status // the last
	drops  *record.Drops  // of the last intervals
	link   *link          // nil without peers, and while they are started again

	// of the part that makes records
	first    time.Time
	sequence uint64
}

// New prepares an agent; out takes complaints. What fails here would fail for
// ever.
func New(c config.Config, version string, out io.Writer) (_ *Agent, err error) {
	if c.Host == "" {
		c.Host, _ = hoststat.Identity()
	}
	a := &Agent{version: version, out: &lines{w: out}}
	a.config.Store(&c)
	a.parts = newSupervisor(a.complain)
	a.crew = newCrew(a.parts)
	if err := a.measure(); err != nil {
		return nil, err
	}
	if a.key, err = identity.LoadOrCreate(c.State.Identity); err != nil {
		return nil, err
	}
	if a.epoch, err = identity.NextEpoch(c.State.Identity, time.Now()); err != nil {
		return nil, err
	}
	if a.dir, err = statedir.Open(c.State.Peers); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	if a.hosts, err = openHosts(c.State.Peers, a.dir, a.key.ID); err != nil {
		return nil, err
	}
	if c.Peers.Enabled {
		if a.link, err = a.connect(&c); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// ID is the public identity of this host.
func (a *Agent) ID() identity.ID { return a.key.ID }

// Close frees everything.
func (a *Agent) Close() error {
	var errs []error
	if l := a.linked(); l != nil {
		errs = append(errs, l.close())
	}
	return errors.Join(append(errs, a.dir.Close())...)
}

// Run runs until the context ends. It tells systemd when it is ready. A part that
// fails is started again; the others go on.
func (a *Agent) Run(ctx context.Context) error {
	a.crew.begin(ctx)
	a.crew.apply(a.wanted)
	watched, unwatch := context.WithCancel(ctx)
	var signed sync.WaitGroup
	signed.Go(func() { signs(watched, a.alive) })
	err := notify("READY=1")
	<-ctx.Done()
	err = errors.Join(err, notify("STOPPING=1"))
	unwatch()
	signed.Wait()
	a.crew.stop()
	return err
}

// wanted are the parts that the configuration names.
func (a *Agent) wanted() []wanted {
	c := a.config.Load()
	list := []wanted{{part: part{"records", a.records}}, {part: part{"socket", a.serveSocket}}}
	if c.Drops.Enabled {
		// it looks at what is configured by itself
		list = append(list, wanted{part: part{"drops", a.watch}})
	}
	if c.Status.Enabled {
		list = append(list, wanted{part: part{"status", a.sample}})
	}
	if c.Peers.Enabled {
		list = append(list, wanted{part: part{"peers", a.exchange}, settings: c.Peers})
	}
	if c.History.Enabled {
		list = append(list, wanted{part: part{"history", a.remember}, settings: []any{c.History, c.HistoryShape()}})
	}
	if c.Metrics.Address != "" {
		list = append(list, wanted{part: part{"metrics", a.serveMetrics}, settings: c.Metrics})
	}
	if len(c.Alerts.Rules) > 0 {
		list = append(list, wanted{part: part{"alerts", a.ring}, settings: c.Alerts})
	} else {
		a.alerts.Store(nil)
	}
	return list
}

// Reload goes on with another configuration: parts that it does not change do not
// notice. What cannot be changed is an error, and all stays as it was.
func (a *Agent) Reload(c config.Config) error {
	before := a.config.Load()
	c.Host = cmp.Or(c.Host, before.Host)
	switch {
	case c.Host != before.Host:
		return errors.New("configuration: host can only be changed by a restart")
	case c.State != before.State:
		return errors.New("configuration: state can only be changed by a restart")
	}
	err := notifyReload()
	a.crew.apply(func() []wanted {
		a.config.Store(&c)
		return a.wanted()
	})
	return errors.Join(err, notify("READY=1"))
}

// Parts tells how each part is doing.
func (a *Agent) Parts() []Health { return a.parts.all() }

func (a *Agent) complain(h Health) {
	fmt.Fprintf(a.out, "%s: %s; it is tried again\n", h.Name, h.Error)
}

// alive tells whether records are still made.
func (a *Agent) alive() bool {
	last := a.beat.Load()
	return last == 0 || time.Since(time.Unix(0, last)) < 3*a.config.Load().Interval
}

// sample looks at the host's status at each interval.
func (a *Agent) sample(ctx context.Context) error {
	reader := hoststat.New(hoststat.Config{})
	defer reader.Close()
	defer a.setStatus(nil) // what is not known any more is not told
	return a.each(ctx, func(time.Time) error {
		s := reader.Sample(ctx)
		a.setStatus(statusOf(&s))
		return nil
	})
}

func (a *Agent) setStatus(s *record.Status) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.status = s
}

// each calls f now and at each interval, as it is configured at that time.
func (a *Agent) each(ctx context.Context, f func(now time.Time) error) error {
	next := time.Now()
	for {
		now := time.Now()
		if err := f(now); err != nil {
			return err
		}
		if next = next.Add(a.config.Load().Interval); next.Before(now) {
			next = now
		}
		if !wait(ctx, time.Until(next)) {
			return nil
		}
	}
}

// wait tells whether the time is over; otherwise the context is.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
