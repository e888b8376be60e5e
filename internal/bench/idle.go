package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"dropwatch/internal/peer/statedir"
	"dropwatch/internal/scenario"
)

// interval is that of an agent that was not told another one, and how often the
// exporters are asked.
const interval = 10 * time.Second

// An idler is a process that has little to do.
type idler struct {
	name    string
	peer    *peer
	agent   *agentPlan // nil for another program
	metrics *scraped   // nil if it is not asked
	failed  error      // it is left out
	first   uint64     // number of its record when the measurement began

	ready  time.Duration // CPU time until then
	last   time.Duration
	shares series // CPU time of each interval, percent of one core
	memory resident
	drops  uint64 // that an agent has told of at the end
}

// Names of idlers that are compared.
const (
	idleAlone     = "agent"
	idleCollector = "agent, a collector of 5 hosts"
	idleScraped   = "agent, asked for metrics"
	idleExporter  = "node exporter, asked for metrics"
)

// idled is what was measured of all, and how busy the machine was in each run, in
// percent.
type idled struct {
	list []*idler
	busy series
}

// idle watches agents that have nothing to do: first one and what is compared with
// it, then one among others.
func idle(ctx context.Context, o options, dir, binary string, out io.Writer) (m idled, err error) {
	l, err := scenario.New(scenario.Options{})
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	for n, plans := range agentPlans() {
		s := &stable{dir: filepath.Join(dir, fmt.Sprintf("agents%d", n)), binary: binary, lab: l, exporter: n == 0}
		busy, err := s.run(ctx, plans, int(o.idle/interval))
		if err != nil {
			return m, err
		}
		m.list, m.busy = append(m.list, s.measured...), append(m.busy, busy)
	}
	return m, printIdled(out, m)
}

// A stable is the processes that are watched at the same time, and those that they
// talk to.
type stable struct {
	dir, binary string
	lab         *scenario.Lab
	exporter    bool // with a node exporter
	all         []*peer
	measured    []*idler
}

// run starts all, watches them, and ends them.
func (s *stable) run(ctx context.Context, plans []agentPlan, intervals int) (busy float64, err error) {
	defer func() { err = errors.Join(err, s.stop()) }()
	if err := s.start(ctx, plans); err != nil {
		return 0, err
	}
	return s.watch(ctx, intervals)
}

// start starts all, and waits until each agent has heard what it will hear.
func (s *stable) start(ctx context.Context, plans []agentPlan) error {
	if err := os.Mkdir(s.dir, 0o755); err != nil {
		return err
	}
	if text, err := exec.CommandContext(ctx, s.binary, "cluster", "key", "generate", s.key()).CombinedOutput(); err != nil {
		return fmt.Errorf("make key of the cluster: %w: %s", err, text)
	}
	for _, plan := range plans {
		p, err := s.launch(&plan)
		if err != nil {
			return err
		}
		if plan.measured != "" {
			i := &idler{name: plan.measured, peer: p, agent: &plan}
			if plan.metrics != "" {
				i.metrics = newScraped(s.lab, plan.metrics)
			}
			s.measured = append(s.measured, i)
		}
	}
	if s.exporter {
		s.measured = append(s.measured, s.startExporter(ctx))
	}
	for _, i := range s.measured {
		if i.failed == nil {
			if err := i.peer.poll(100*time.Millisecond, func() (bool, error) { return i.settled(s) }); err != nil {
				return fmt.Errorf("%s: %w", i.name, err)
			}
		}
	}
	return ctx.Err()
}

// launch starts an agent in its namespace.
func (s *stable) launch(plan *agentPlan) (p *peer, err error) {
	config := filepath.Join(s.dir, plan.host+".yaml")
	if err := os.WriteFile(config, []byte(plan.config(s)), 0o600); err != nil {
		return nil, err
	}
	start := func() error {
		p, err = startPeer(exec.Command(s.binary, "agent", "--config", config))
		return err
	}
	if plan.here {
		err = start()
	} else {
		err = s.lab.Do(scenario.A, start)
	}
	if err != nil {
		return nil, err
	}
	s.all = append(s.all, p)
	return p, nil
}

// settled tells whether an idler does what it will do from now on: an agent has
// told status and drops, and heard those of all others.
func (i *idler) settled(s *stable) (bool, error) {
	if i.agent == nil {
		return i.metrics.scrape() == nil, nil
	}
	_, err := i.record(s)
	return err == nil, nil
}

// record is the agent's last one. It is an error if it lacks anything, or if a host
// is not heard.
func (i *idler) record(s *stable) (own *statedir.Peer, err error) {
	peers, problems, err := statedir.ReadAll(s.state(i.agent.host))
	if err = errors.Join(append(problems, err)...); err != nil {
		return nil, err
	}
	if len(peers) != i.agent.hears {
		return nil, fmt.Errorf("it knows %d hosts, not %d", len(peers), i.agent.hears)
	}
	for _, p := range peers {
		r := p.Report
		switch {
		case r == nil || r.Status == nil || r.Status.CPU == nil:
			return nil, fmt.Errorf("no status of %s", p.Name)
		case r.Drops == nil || r.Drops.Source != "ebpf":
			return nil, fmt.Errorf("no drops of %s", p.Name)
		case time.Since(p.Last) > 2*interval:
			return nil, fmt.Errorf("%s is not heard any more", p.Name)
		case p.Name == i.agent.host:
			own = p
		}
	}
	if own == nil {
		return nil, errors.New("it has told nothing")
	}
	return own, nil
}

// stop ends all, by their ids.
func (s *stable) stop() error {
	var errs []error
	for _, p := range s.all {
		_, err := p.interrupt()
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
