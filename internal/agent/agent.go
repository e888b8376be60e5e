package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"dropwatch/internal/alert"
	"dropwatch/internal/config"
	"dropwatch/internal/export/metrics"
	"dropwatch/internal/hoststat"
	"dropwatch/internal/peer/identity"
	"dropwatch/internal/peer/record"
)

// An Agent watches drops and the status of this host, tells its peers, and keeps
// what they tell.
type Agent struct {
	version string
	out     io.Writer // complaints, a line each
	key     *identity.Key
	epoch   uint64
	claimed *os.File // the directory of the identity
	hosts   *hosts
	parts   *supervisor
	metrics *metrics.Metrics
	crew    *crew // the parts that run

	reloading sync.Mutex                    // one at a time
	config    atomic.Pointer[config.Config] // replaced as a whole by Reload
	stage     atomic.Pointer[stage]         // of that configuration
	began     time.Time
	beat      atomic.Int64 // nanoseconds from then to the last record

	alerts  atomic.Pointer[alert.List] // nil without rules
	rings   atomic.Pointer[[]byte]     // the same as a document, of this run
	history atomic.Pointer[memory]     // nil while none is kept

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
	a := &Agent{version: version, out: &lines{w: out}, began: time.Now()}
	a.config.Store(&c)
	a.stage.Store(newStage())
	a.parts = newSupervisor(a.complain)
	a.crew = newCrew(a.parts)
	if err := a.measure(); err != nil {
		return nil, err
	}
	if a.key, err = identity.LoadOrCreate(c.State.Identity); errors.Is(err, os.ErrPermission) {
		return nil, fmt.Errorf("%w; make the directory for this user, or name another one (state.identity)", err)
	} else if err != nil {
		return nil, err
	}
	if a.claimed, err = claim(c.State.Identity); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	if a.epoch, err = identity.NextEpoch(c.State.Identity, time.Now()); err != nil {
		// as on a full disk; the number of the clock does as long as that is right
		fmt.Fprintf(a.out, "records: %v\n", err)
	}
	if a.hosts, err = openHosts(c.State.Peers, a.key.ID); err != nil {
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
	if a.hosts != nil {
		errs = append(errs, a.hosts.close())
	}
	return errors.Join(append(errs, a.claimed.Close())...)
}

// Run runs until the context ends. It tells systemd when it is ready. A part that
// fails is started again; the others go on.
func (a *Agent) Run(ctx context.Context) error {
	err := a.begin(ctx)
	watched, unwatch := context.WithCancel(ctx)
	var signed sync.WaitGroup
	signed.Go(func() { signs(watched, a.alive) })
	a.tellSystemd("READY=1")
	<-ctx.Done()
	a.tellSystemd("STOPPING=1")
	unwatch()
	signed.Wait()
	a.crew.stop()
	return err
}

// begin starts the parts. What New has opened is of no use any more if the
// configuration was changed since.
func (a *Agent) begin(ctx context.Context) (err error) {
	a.reloading.Lock()
	defer a.reloading.Unlock()
	if l, c := a.linked(), a.config.Load(); l != nil && !reflect.DeepEqual(l.peers, c.Peers) {
		a.setLink(nil)
		err = l.close()
	}
	a.beat.Store(int64(time.Since(a.began)))
	a.crew.begin(ctx)
	a.apply(a.config.Load())
	return err
}

// apply has the parts run that a configuration names.
func (a *Agent) apply(c *config.Config) {
	a.crew.apply(func() []wanted {
		a.config.Store(c)
		a.stage.Swap(newStage()).end()
		return a.wanted()
	})
	if len(c.Alerts.Rules) == 0 {
		a.forgetAlerts(c)
	}
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
	}
	return list
}

// Reload goes on with another configuration: parts that it does not change do not
// notice. What cannot be changed is an error, and all stays as it was. The lists
// and maps in c must not be changed afterwards.
func (a *Agent) Reload(c config.Config) error {
	a.reloading.Lock()
	defer a.reloading.Unlock()
	before := a.config.Load()
	c.Host = cmp.Or(c.Host, before.Host)
	switch {
	case c.Host != before.Host:
		return errors.New("configuration: host can only be changed by a restart")
	case c.State != before.State:
		return errors.New("configuration: state can only be changed by a restart")
	}
	a.tellReload()
	a.apply(&c)
	a.tellSystemd("READY=1")
	return nil
}

// Parts tells how each part is doing.
func (a *Agent) Parts() []Health { return a.parts.all() }

func (a *Agent) complain(h Health) {
	fmt.Fprintf(a.out, "%s: %s; it is tried again\n", h.Name, h.Error)
}

// alive tells whether records are still made.
func (a *Agent) alive() bool {
	silent := time.Since(a.began) - time.Duration(a.beat.Load())
	return silent < max(3*a.config.Load().Interval, leastSilence)
}

// leastSilence is what names that nobody resolves, or a slow disk, may cost.
const leastSilence = time.Minute

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
