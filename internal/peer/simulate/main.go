// Simulate runs clusters of many hosts in one process, with the real engine and
// records over a network that is not real, and tells whether they do what is
// promised.
//
//	simulate [-quick] [-members 30,100,300] [-mute 1000] [-loss 0.05] [-interval 10s] [-seed N] [-dir DIR]
//
// Time is real, so all takes some minutes. The exit status is 1 if a promise is not
// kept and 2 if it cannot be told.
//
// All hosts share the processors and the disk of one machine, and nothing takes time
// on the way: what hosts need is too high, what the network needs is missing.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

const (
	statusMissed = 1
	statusError  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status, err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "simulate:", err)
	}
	os.Exit(status)
}

// run writes figures to out and how far it is to progress.
func run(ctx context.Context, args []string, out, progress io.Writer) (int, error) {
	c, err := parse(args, progress)
	if err != nil {
		return statusError, err
	}
	var results []*result
	for _, n := range c.members {
		r, err := play(ctx, c, n, false, progress)
		if err != nil {
			return statusError, err
		}
		results = append(results, r)
	}
	if c.mute > 0 {
		r, err := play(ctx, c, c.mute, true, progress)
		if err != nil {
			return statusError, err
		}
		results = append(results, r)
	}
	if err := errors.Join(write(out, c, results), warn(out, results)); err != nil {
		return statusError, err
	}
	kept, err := judge(out, targets(results))
	switch {
	case err != nil:
		return statusError, err
	case !kept:
		return statusMissed, nil
	}
	return 0, nil
}
