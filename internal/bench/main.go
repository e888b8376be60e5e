// Command bench measures what watching drops costs: dropwatch against no
// watcher, an empty program, bpftrace and perf, all in one run on one machine.
// It needs root; bpftrace and perf are left out where they are missing.
//
// It also measures what the agent takes on an idle host, next to a node exporter,
// and how long the commands take that read what 500 hosts told, next to ruptime.
// Both peers are unpacked from their packages, not installed.
//
// Then it boots a guest with a drop monitor and measures how many drops a
// second come through that, against the C program dropwatch. Guests are left
// out where qemu, the C program or a kernel is missing.
//
// Times are printed and compared, never asserted: the exit status is 1 only if
// something failed or drops were miscounted.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"dropwatch/internal/vmtest"
)

func main() {
	if vmtest.IsGuest() {
		vmtest.RunGuest()
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, unix.SIGTERM)
	defer stop()
	if err := dispatch(ctx, parse(), os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

// options say what and how long to measure.
type options struct {
	only   parts
	rounds int
	slices int // timed pieces of a round, for each flood
	slice  int // packets of a piece
	exact  int // packets of the flood that is counted
	starts int
	pace   float64       // drops a second that are delivered one by one
	hold   time.Duration // for so long
	quick  bool

	idle time.Duration // agents are watched that have nothing to do
	asks int           // of each command that reads what hosts told

	kernels string
	passes  int           // over the watchers in a guest
	burst   int           // packets as fast as they can be sent
	step    time.Duration // at one pace
	refine  int           // halvings of the gap between a pace with and one without loss
}

func parse() options {
	o := options{only: allParts()}
	flag.Var(&o.only, "only", "what to measure, a list with commas of drops, agent, cluster and guest")
	flag.IntVar(&o.rounds, "rounds", 16, "how often each way of watching is measured")
	flag.IntVar(&o.slices, "slices", 20, "timed pieces of each round")
	flag.IntVar(&o.slice, "packets", 5000, "packets of each piece")
	flag.IntVar(&o.exact, "exact", 2000000, "packets of the flood that must be counted exactly")
	flag.IntVar(&o.starts, "starts", 10, "how often dropwatch is started")
	flag.Float64Var(&o.pace, "pace", 200000, "drops a second that are delivered one by one")
	flag.DurationVar(&o.hold, "hold", 10*time.Second, "how long that pace is held")
	flag.DurationVar(&o.idle, "idle", time.Minute, "how long agents are watched that have nothing to do")
	flag.IntVar(&o.asks, "asks", 20, "how often each command is run that reads what hosts told")
	flag.StringVar(&o.kernels, "kernels", "6.1", "kernels of the guests, a list with commas")
	flag.IntVar(&o.passes, "passes", 3, "how often each watcher is measured in a guest")
	flag.IntVar(&o.burst, "burst", 20000, "packets of a burst in a guest")
	flag.DurationVar(&o.step, "step", 3*time.Second, "how long each pace is held in a guest")
	flag.BoolVar(&o.quick, "quick", false, "at most 3 rounds of 10 pieces, 3 starts and 500000 counted packets, 3s of single packets, 20s of idle agents, 5 runs of each command, and 1 pass with paces of 2s")
	flag.Parse()
	o.refine = 2
	if o.quick {
		o.rounds, o.slices = min(o.rounds, 3), min(o.slices, 10)
		o.starts, o.exact = min(o.starts, 3), min(o.exact, 500000)
		o.hold = min(o.hold, 3*time.Second)
		o.idle, o.asks = min(o.idle, 20*time.Second), min(o.asks, 5)
		o.passes, o.step, o.refine = min(o.passes, 1), min(o.step, 2*time.Second), 1
	}
	return o
}

func (o options) check() error {
	if o.rounds < 1 || o.slices < 1 || o.slice < 1 || o.exact < 1 || o.starts < 1 {
		return errors.New("rounds, slices, packets, exact and starts must be at least 1")
	}
	if o.pace < 1 || o.hold <= 0 {
		return errors.New("pace must be at least 1, and hold more than 0")
	}
	if o.idle < interval || o.asks < 1 {
		return fmt.Errorf("idle must be at least %v, and asks 1", interval)
	}
	if o.passes < 1 || o.burst < 1 || o.step < time.Second {
		return errors.New("passes and burst must be at least 1, and step 1s")
	}
	if (o.only[partDrops] || o.only[partAgent] || o.only[partCluster]) && os.Geteuid() != 0 {
		return errors.New("namespaces and eBPF programs need root: use sudo make bench")
	}
	return nil
}

// dispatch does the whole, or one of the parts that this program starts itself
// as: what boots a guest, what runs in it, and what makes up the hosts.
func dispatch(ctx context.Context, o options, out io.Writer) error {
	if err := o.check(); err != nil {
		return err
	}
	switch args := flag.Args(); {
	case len(args) == 0:
		return run(ctx, o, out)
	case args[0] == commandBoot && len(args) == 3:
		return bootGuest(ctx, args[1], args[2], out)
	case args[0] == commandTell && len(args) == 2:
		return tell(args[1], hostCount, hostMinutes)
	case args[0] == commandInside && len(args) == 2:
		return inside(ctx, o, args[1], out)
	default:
		return fmt.Errorf("unknown arguments %q", args)
	}
}

func run(ctx context.Context, o options, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "dropwatch-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	binary := filepath.Join(dir, "dropwatch")
	if err := build(ctx, binary, "dropwatch/cmd/dropwatch"); err != nil {
		return err
	}
	list, err := onHost(ctx, o, dir, binary, out)
	if err == nil && len(list) > 0 {
		err = printTargets(out, list)
	}
	if o.only[partGuest] {
		for kernel := range strings.SplitSeq(o.kernels, ",") {
			err = errors.Join(err, inGuest(ctx, kernel, dir, binary, out))
		}
	}
	return err
}

// onHost measures the parts that need no guest.
func onHost(ctx context.Context, o options, dir, binary string, out io.Writer) (list []target, err error) {
	var started starts
	// What is asked for memory comes first, while this process is small: a
	// child begins with the peak of its parent.
	if o.only[partDrops] {
		if started, err = startUp(ctx, o, binary, out); err != nil {
			return nil, fmt.Errorf("measure start-up: %w", err)
		}
	}
	if o.only[partCluster] {
		asked, err := ask(ctx, o, dir, binary, out)
		if err != nil {
			return nil, fmt.Errorf("measure commands: %w", err)
		}
		list = append(list, askTargets(asked)...)
	}
	if o.only[partAgent] {
		watched, err := idle(ctx, o, dir, binary, out)
		if err != nil {
			return nil, fmt.Errorf("measure idle agents: %w", err)
		}
		list = append(list, idleTargets(watched)...)
	}
	if o.only[partDrops] {
		more, err := onDrops(ctx, o, started, dir, out)
		if err != nil {
			return nil, err
		}
		list = append(more, list...)
	}
	return list, nil
}

// onDrops measures what watching drops costs.
func onDrops(ctx context.Context, o options, started starts, dir string, out io.Writer) (list []target, err error) {
	l, err := newLab()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	if err := exactness(ctx, o, l, out); err != nil {
		return nil, fmt.Errorf("count a flood: %w", err)
	}
	if err := events(ctx, o, l, out); err != nil {
		return nil, fmt.Errorf("deliver single packets: %w", err)
	}
	runtime, err := runTimes(ctx, o, l, out)
	if err != nil {
		return nil, fmt.Errorf("measure run time: %w", err)
	}
	cost, err := costs(ctx, o, l, dir, out)
	if err != nil {
		return nil, fmt.Errorf("measure cost: %w", err)
	}
	return targets(started, runtime, cost), nil
}
