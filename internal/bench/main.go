// Command bench measures what watching drops costs: dropwatch against no
// watcher, an empty program, bpftrace and perf, all in one run on one machine.
// It needs root; bpftrace and perf are left out where they are missing.
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
	host   bool
	rounds int
	slices int // timed pieces of a round, for each flood
	slice  int // packets of a piece
	exact  int // packets of the flood that is counted
	starts int
	pace   float64       // drops a second that are delivered one by one
	hold   time.Duration // for so long
	quick  bool

	guest   bool
	kernels string
	passes  int           // over the watchers in a guest
	burst   int           // packets as fast as they can be sent
	step    time.Duration // at one pace
	refine  int           // halvings of the gap between a pace with and one without loss
}

func parse() options {
	var o options
	flag.BoolVar(&o.host, "host", true, "measure on this host")
	flag.IntVar(&o.rounds, "rounds", 16, "how often each way of watching is measured")
	flag.IntVar(&o.slices, "slices", 20, "timed pieces of each round")
	flag.IntVar(&o.slice, "packets", 5000, "packets of each piece")
	flag.IntVar(&o.exact, "exact", 2000000, "packets of the flood that must be counted exactly")
	flag.IntVar(&o.starts, "starts", 10, "how often dropwatch is started")
	flag.Float64Var(&o.pace, "pace", 200000, "drops a second that are delivered one by one")
	flag.DurationVar(&o.hold, "hold", 10*time.Second, "how long that pace is held")
	flag.BoolVar(&o.guest, "guest", true, "measure the drop monitor in guests")
	flag.StringVar(&o.kernels, "kernels", "6.1", "kernels of the guests, a list with commas")
	flag.IntVar(&o.passes, "passes", 3, "how often each watcher is measured in a guest")
	flag.IntVar(&o.burst, "burst", 20000, "packets of a burst in a guest")
	flag.DurationVar(&o.step, "step", 3*time.Second, "how long each pace is held in a guest")
	flag.BoolVar(&o.quick, "quick", false, "at most 3 rounds of 10 pieces, 3 starts and 500000 counted packets, 3s of single packets, and 1 pass with paces of 2s")
	flag.Parse()
	o.refine = 2
	if o.quick {
		o.rounds, o.slices = min(o.rounds, 3), min(o.slices, 10)
		o.starts, o.exact = min(o.starts, 3), min(o.exact, 500000)
		o.hold = min(o.hold, 3*time.Second)
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
	if o.passes < 1 || o.burst < 1 || o.step < time.Second {
		return errors.New("passes and burst must be at least 1, and step 1s")
	}
	if o.host && os.Geteuid() != 0 {
		return errors.New("namespaces and eBPF programs need root: use sudo make bench")
	}
	return nil
}

// dispatch does the whole, or one of the two parts that this program starts
// itself as: what boots a guest, and what runs in it.
func dispatch(ctx context.Context, o options, out io.Writer) error {
	if err := o.check(); err != nil {
		return err
	}
	switch args := flag.Args(); {
	case len(args) == 0:
		return run(ctx, o, out)
	case args[0] == commandBoot && len(args) == 3:
		return bootGuest(ctx, args[1], args[2], out)
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
	if o.host {
		err = onHost(ctx, o, dir, binary, out)
	}
	if o.guest {
		for kernel := range strings.SplitSeq(o.kernels, ",") {
			err = errors.Join(err, inGuest(ctx, kernel, dir, binary, out))
		}
	}
	return err
}

func onHost(ctx context.Context, o options, dir, binary string, out io.Writer) (err error) {
	// First, while this process is small: a child begins with the peak of
	// its parent.
	started, err := startUp(ctx, o, binary, out)
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
	if err := events(ctx, o, l, out); err != nil {
		return fmt.Errorf("deliver single packets: %w", err)
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
