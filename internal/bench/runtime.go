package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"dropwatch/internal/bpf"
)

// sampleInterval is that of a session.
const sampleInterval = 100 * time.Millisecond

// A runTime is what the kernel says about two programs under one flood, in ns
// for each run.
type runTime struct {
	flood       string
	empty, ours bounds
}

// A clocked program tells how often and how long it ran.
type clocked struct {
	stats func() (runs uint64, total time.Duration, err error)
	close func() error
}

func openClockedEmpty() (*clocked, error) {
	e, err := openEmpty()
	if err != nil {
		return nil, err
	}
	return &clocked{close: e.close, stats: func() (uint64, time.Duration, error) {
		s, err := e.program.Stats()
		if err != nil {
			return 0, 0, err
		}
		return s.RunCount, s.Runtime, nil
	}}, nil
}

// openClockedOurs loads the program as a summary does.
func openClockedOurs() (*clocked, error) {
	d, err := bpf.Open(bpf.Config{SampleInterval: sampleInterval})
	if err != nil {
		return nil, err
	}
	return &clocked{stats: d.RunStats, close: d.Close}, nil
}

// runTimes lets the kernel time each run of the programs.
func runTimes(ctx context.Context, o options, l *lab, out io.Writer) ([]runTime, error) {
	statistics, err := ebpf.EnableStats(unix.BPF_STATS_RUN_TIME)
	if err != nil {
		return nil, fmt.Errorf("switch on eBPF statistics: %w", err)
	}
	defer statistics.Close()
	opens := []func() (*clocked, error){openClockedEmpty, openClockedOurs}
	measured := make(map[*flood]*[2]series)
	for _, f := range l.floods {
		measured[f] = new([2]series)
	}
	for round := range o.rounds {
		for _, i := range order(len(opens), round) {
			for _, f := range l.floods {
				s, err := clock(ctx, o, f, opens[i])
				if err != nil {
					return nil, err
				}
				measured[f][i] = append(measured[f][i], s...)
			}
		}
	}
	var times []runTime
	for _, f := range l.floods {
		m := measured[f]
		times = append(times, runTime{f.name, m[0].bounds(), m[1].bounds()})
	}
	return times, printRunTimes(out, o, times)
}

// clock attaches a program for one round and returns ns for each run, one
// value for each slice.
func clock(ctx context.Context, o options, f *flood, open func() (*clocked, error)) (s series, err error) {
	c, err := open()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	var runs uint64
	var total time.Duration
	// the first slice is the warm-up of the second
	_, _, err = f.timed(ctx, o.slices+1, o.slice, func() error {
		nowRuns, nowTotal, err := c.stats()
		if err != nil {
			return err
		}
		if runs > 0 && nowRuns > runs {
			s = append(s, float64(nowTotal-total)/float64(nowRuns-runs))
		}
		runs, total = nowRuns, nowTotal
		return nil
	})
	if err == nil && len(s) == 0 {
		err = errors.New("the program did not run")
	}
	return s, err
}

func printRunTimes(out io.Writer, o options, times []runTime) error {
	fmt.Fprintf(out, "\nRun time of the programs as the kernel measures it (its clock included),\n"+
		"ns a run, %d rounds of %d pieces of %d packets, interleaved\n", o.rounds, o.slices, o.slice)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "flood\tempty min\tmedian\tdropwatch min\tmedian\tratio min\tmedian\t")
	for _, t := range times {
		ratio := t.ours.over(t.empty)
		fmt.Fprintf(w, "%s\t%.1f\t%.1f\t%.1f\t%.1f\t%.2f\t%.2f\t\n", t.flood,
			t.empty.min, t.empty.median, t.ours.min, t.ours.median, ratio.min, ratio.median)
	}
	return w.Flush()
}

// order is the order of n arms in a round: forwards, then backwards, so that
// a change of the machine's load meets all alike.
func order(n, round int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
		if round%2 == 1 {
			list[i] = n - 1 - i
		}
	}
	return list
}
