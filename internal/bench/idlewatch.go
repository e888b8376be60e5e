package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// watch measures all for some intervals, in the middle of which the exporters are
// asked, and tells how busy the machine was.
func (s *stable) watch(ctx context.Context, intervals int) (busy float64, err error) {
	if err := s.each(func(i *idler) error { return i.begin(s) }); err != nil {
		return 0, err
	}
	from, err := readMachineTime()
	if err != nil {
		return 0, err
	}
	before := time.Now()
	tick := time.NewTicker(interval / 2)
	defer tick.Stop()
	for half := range 2 * intervals {
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-tick.C:
		}
		if half%2 == 0 {
			err = s.scrapeAll(half / 2)
		} else {
			now := time.Now()
			took := now.Sub(before)
			before = now
			err = s.each(func(i *idler) error { return i.lap(took) })
		}
		if err != nil {
			return 0, err
		}
	}
	to, err := readMachineTime()
	if err != nil {
		return 0, err
	}
	return busyShare(from, to), s.each(func(i *idler) error { return i.finish(s, intervals) })
}

// each calls f for all that are not left out.
func (s *stable) each(f func(*idler) error) error {
	for _, i := range s.measured {
		if i.failed != nil {
			continue
		}
		if err := f(i); err != nil {
			return fmt.Errorf("%s: %w", i.name, err)
		}
	}
	return nil
}

func (s *stable) scrapeAll(round int) error {
	for _, n := range order(len(s.measured), round) {
		if i := s.measured[n]; i.failed == nil && i.metrics != nil {
			if err := i.metrics.scrape(); err != nil {
				return fmt.Errorf("%s: %w", i.name, err)
			}
		}
	}
	return nil
}

func (i *idler) begin(s *stable) (err error) {
	if i.agent != nil {
		own, err := i.record(s)
		if err != nil {
			return err
		}
		i.first = own.Sequence
	}
	i.ready, err = cpuTime(i.peer.command.Process.Pid)
	i.last = i.ready
	return err
}

// lap ends an interval that took so long.
func (i *idler) lap(took time.Duration) error {
	now, err := cpuTime(i.peer.command.Process.Pid)
	if err != nil {
		return err
	}
	i.shares = append(i.shares, 100*(now-i.last).Seconds()/took.Seconds())
	i.last = now
	return nil
}

// finish makes sure that an agent has done all the time what it is for.
func (i *idler) finish(s *stable, intervals int) (err error) {
	if i.memory, err = memoryOf(i.peer.command.Process.Pid); err != nil || i.agent == nil {
		return err
	}
	own, err := i.record(s)
	if err != nil {
		return err
	}
	if made := own.Sequence - i.first; made+1 < uint64(intervals) {
		return fmt.Errorf("it made %d records in %d intervals", made, intervals)
	}
	i.drops = own.Report.Drops.Packets
	return nil
}

func printIdled(out io.Writer, m idled) error {
	intervals := 0
	for _, i := range m.list {
		intervals = max(intervals, len(i.shares))
	}
	fmt.Fprintf(out, "\nAgents that have nothing to do, with status, drops by eBPF and history: %d intervals\n"+
		"of %v, after the first; the collector in a run of its own, with the hosts it hears.\n"+
		"The machine was busy %.0f %% of its time at most. CPU in percent of one core;\n"+
		"resident memory in MB, files are mostly the program itself; drops in the last minute,\n"+
		"of which an idle host has few\n", intervals, interval, m.busy.max())
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "  process\tCPU min\tmedian\tmax\tmean\tmemory\tanonymous\tfiles\tpeak\tCPU s to start\tdrops")
	for _, i := range m.list {
		if i.failed != nil {
			fmt.Fprintf(w, "  %s\tleft out: %v\n", i.name, i.failed)
			continue
		}
		drops := "-"
		if i.agent != nil {
			drops = fmt.Sprint(i.drops)
		}
		fmt.Fprintf(w, "  %s\t%.3f\t%.3f\t%.3f\t%.3f\t%.1f\t%.1f\t%.1f\t%.1f\t%.2f\t%s\n", i.name,
			i.shares.min(), i.shares.median(), i.shares.max(), i.shares.mean(),
			i.memory.now, i.memory.anonymous, i.memory.file, i.memory.peak, i.ready.Seconds(), drops)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, i := range m.list {
		if i.failed == nil && i.metrics != nil {
			fmt.Fprintf(out, "  %s: %d series in %.1f ms (median)\n", i.name, i.metrics.series, i.metrics.times.median())
		}
	}
	ours, theirs := m.find(idleScraped), m.find(idleExporter)
	if ours != nil && theirs != nil {
		fmt.Fprintf(out, "  agent / node exporter, both asked every %v: CPU %.2f, memory %.2f, anonymous %.2f, peak %.2f\n", interval,
			ours.shares.mean()/theirs.shares.mean(), ours.memory.now/theirs.memory.now,
			ours.memory.anonymous/theirs.memory.anonymous, ours.memory.peak/theirs.memory.peak)
	}
	return nil
}

// find returns an idler that was measured, or nil.
func (m idled) find(name string) *idler {
	for _, i := range m.list {
		if i.name == name && i.failed == nil && len(i.shares) > 0 {
			return i
		}
	}
	return nil
}

// idleTargets takes the mean of CPU time: it has no noise but that of the rest of
// the machine, and a rare interval with more to do counts.
func idleTargets(m idled) (list []target) {
	for _, name := range []string{idleAlone, idleCollector} {
		cpu := target{what: name + ": CPU of one core", limit: 0.5, unit: " %", missing: true}
		memory := target{what: name + ": peak resident memory", limit: 40, unit: " MB", missing: true}
		if i := m.find(name); i != nil {
			cpu.measured, cpu.missing = bounds{i.shares.min(), i.shares.mean()}, false
			memory.measured, memory.missing = bounds{i.memory.now, i.memory.peak}, false
		}
		list = append(list, cpu, memory)
	}
	return list
}
