package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"sync"
	"time"

	"dropwatch/internal/vmtest"
)

// fetchLimit bounds the time of all downloads and builds.
const fetchLimit = 20 * time.Minute

// fetchKernels prepares kernels, two at a time.
func fetchKernels(ctx context.Context, args []string, stdout io.Writer) (int, error) {
	flags := flag.NewFlagSet("kernels", flag.ContinueOnError)
	refresh := flags.Bool("refresh", false, "ask for newer kernels")
	if err := flags.Parse(args); err != nil {
		return statusUsage, err
	}
	kernels := vmtest.Kernels()
	if flags.NArg() > 0 {
		kernels = nil
		for _, name := range flags.Args() {
			k, err := vmtest.Find(name)
			if err != nil {
				return statusUsage, err
			}
			kernels = append(kernels, k)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, fetchLimit)
	defer cancel()
	var all sync.WaitGroup
	turn := make(chan struct{}, 2)
	lines, errs := make([]string, len(kernels)), make([]error, len(kernels))
	for i, k := range kernels {
		all.Go(func() {
			turn <- struct{}{}
			defer func() { <-turn }()
			start := time.Now()
			var release string
			release, errs[i] = vmtest.Fetch(ctx, k, vmtest.FetchOptions{Refresh: *refresh})
			lines[i] = fmt.Sprintf("%-7s %s (%v)", k.Name, release, time.Since(start).Round(time.Millisecond))
		})
	}
	all.Wait()
	for i, line := range lines {
		if errs[i] == nil {
			fmt.Fprintln(stdout, line)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return statusNoGuest, err
	}
	return 0, nil
}
