package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"dropwatch/internal/config"
	"dropwatch/internal/hoststat"
	"dropwatch/internal/peer"
	"dropwatch/internal/peer/identity"
	"dropwatch/internal/peer/record"
	"dropwatch/internal/peer/statedir"
)

// An Agent watches drops and the status of this host, tells its peers, and keeps
// what they tell.
type Agent struct {
	config  config.Config
	version string
	out     io.Writer // complaints, a line each

	key   *identity.Key
	epoch uint64
	dir   *statedir.Dir
	inbox *inbox     // nil if nothing is received
	node  *peer.Node // nil without peers
	parts *supervisor

	mu       sync.Mutex
	status   *record.Status // the last
	drops    *record.Drops  // of the last interval
	first    time.Time      // record
	sequence uint64
}

// New prepares an agent; out takes complaints. What fails here would fail for
// ever.
func New(c config.Config, version string, out io.Writer) (_ *Agent, err error) {
	a := &Agent{config: c, version: version, out: &lines{w: out}}
	if a.config.Host == "" {
		a.config.Host, _ = hoststat.Identity()
	}
	a.parts = newSupervisor(a.complain)
	if a.key, err = identity.LoadOrCreate(c.State.Identity); err != nil {
		return nil, err
	}
	if a.epoch, err = identity.NextEpoch(c.State.Identity, time.Now()); err != nil {
		return nil, err
	}
	if a.dir, err = statedir.Open(c.State.Peers); err != nil {
		return nil, err
	}
	if !c.Peers.Enabled {
		return a, nil
	}
	if err := a.connect(); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

// connect takes part in the cluster.
func (a *Agent) connect() (err error) {
	p := a.config.Peers
	node := peer.Config{
		Name: a.config.Host, Mute: p.Role == config.Mute, Collector: p.Role == config.Collector,
		Bind: p.Bind, Collectors: p.Collectors, Log: a.engineLog(),
	}
	if !p.Insecure {
		if node.Keys, err = peer.LoadKeys(p.KeyFile); err != nil {
			return err
		}
	}
	if !node.Mute {
		if a.inbox, err = openInbox(&a.config, a.dir); err != nil {
			return err
		}
		node.Allow, node.Receive = a.inbox.allow, a.inbox.receive
	}
	a.node, err = peer.Start(node)
	return err
}

// ID is the public identity of this host.
func (a *Agent) ID() identity.ID { return a.key.ID }

// Close frees everything.
func (a *Agent) Close() error {
	var errs []error
	if a.node != nil {
		errs = append(errs, a.node.Close())
	}
	if a.inbox != nil {
		errs = append(errs, a.inbox.close())
	}
	return errors.Join(append(errs, a.dir.Close())...)
}

// leaveTime is how long the others are told that this host goes.
const leaveTime = 2 * time.Second

// Run runs until the context ends. It tells systemd when it is ready. A part that
// fails is started again; the others go on.
func (a *Agent) Run(ctx context.Context) error {
	parts := []part{{"records", a.records}}
	if a.config.Drops.Enabled {
		parts = append(parts, part{"drops", a.watch})
	}
	if a.config.Status.Enabled {
		parts = append(parts, part{"status", a.sample})
	}
	if a.inbox != nil {
		parts = append(parts, part{"inbox", a.keep})
	}
	if a.node != nil && len(a.config.Peers.Join) > 0 {
		parts = append(parts, part{"join", a.join})
	}
	var all errgroup.Group
	for _, p := range parts {
		all.Go(func() error {
			a.parts.keep(ctx, p)
			return nil
		})
	}
	all.Go(func() error {
		signs(ctx, func() bool { return true })
		return nil
	})
	err := notify("READY=1")
	<-ctx.Done()
	err = errors.Join(err, notify("STOPPING=1"), all.Wait())
	if a.node != nil {
		err = errors.Join(err, a.node.Leave(leaveTime))
	}
	return err
}

// Parts tells how each part is doing.
func (a *Agent) Parts() []Health { return a.parts.all() }

func (a *Agent) complain(h Health) {
	fmt.Fprintf(a.out, "%s: %s; it is tried again\n", h.Name, h.Error)
}

// join tries until it has spoken with somebody, and again when it is alone.
func (a *Agent) join(ctx context.Context) error {
	ticker := time.NewTicker(a.config.Interval)
	defer ticker.Stop()
	for {
		if len(a.node.Members()) < 2 {
			if err := a.node.Join(a.config.Peers.Join); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// sample looks at the host's status at each interval.
func (a *Agent) sample(ctx context.Context) error {
	reader := hoststat.New(hoststat.Config{})
	defer reader.Close()
	return a.each(ctx, func() error {
		s := reader.Sample(ctx)
		status := statusOf(&s)
		a.mu.Lock()
		defer a.mu.Unlock()
		a.status = status
		return nil
	})
}

// each calls f now and at each interval.
func (a *Agent) each(ctx context.Context, f func() error) error {
	ticker := time.NewTicker(a.config.Interval)
	defer ticker.Stop()
	for {
		if err := f(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}
