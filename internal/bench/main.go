// Command bench measures what watching drops costs: dropwatch against no
// watcher, an empty program, bpftrace and perf, all in one run on one machine.
// It needs root; bpftrace and perf are left out where they are missing.
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

	"golang.org/x/sys/unix"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, unix.SIGTERM)
	defer stop()
	if err := run(ctx, parse(), os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

// options say how long to measure.
type options struct {
	rounds int
	slices int // timed pieces of a round, for each flood
	slice  int // packets of a piece
	exact  int // packets of the flood that is counted
	starts int
	quick  bool
}

func parse() options {
	var o options
	flag.IntVar(&o.rounds, "rounds", 16, "how often each way of watching is measured")
	flag.IntVar(&o.slices, "slices", 20, "timed pieces of each round")
	flag.IntVar(&o.slice, "packets", 5000, "packets of each piece")
	flag.IntVar(&o.exact, "exact", 2000000, "packets of the flood that must be counted exactly")
	flag.IntVar(&o.starts, "starts", 10, "how often dropwatch is started")
	flag.BoolVar(&o.quick, "quick", false, "at most 3 rounds of 10 pieces, 3 starts and 500000 counted packets")
	flag.Parse()
	if o.quick {
		o.rounds, o.slices = min(o.rounds, 3), min(o.slices, 10)
		o.starts, o.exact = min(o.starts, 3), min(o.exact, 500000)
	}
	return o
}

func (o options) check() error {
	if o.rounds < 1 || o.slices < 1 || o.slice < 1 || o.exact < 1 || o.starts < 1 {
		return errors.New("rounds, slices, packets, exact and starts must be at least 1")
	}
	if os.Geteuid() != 0 {
		return errors.New("namespaces and eBPF programs need root: use sudo make bench")
	}
	return nil
}

func run(ctx context.Context, o options, out io.Writer) (err error) {
	if err := o.check(); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "dropwatch-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()

	// First, while this process is small: a child begins with the peak of
	// its parent.
	started, err := startUp(ctx, o, dir, out)
	if err != nil {
		return fmt.Errorf("measure start-up: %w", err)
	}
	l, err := newLab()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	if err := exactness(ctx, o, l, out); err != nil {
		return fmt.Errorf("count a flood: %w", err)
	}
	runtime, err := runTimes(ctx, o, l, out)
	if err != nil {
		return fmt.Errorf("measure run time: %w", err)
	}
	cost, err := costs(ctx, o, l, dir, out)
	if err != nil {
		return fmt.Errorf("measure cost: %w", err)
	}
	return printTargets(out, targets(started, runtime, cost))
}
