package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"dropwatch/internal/meter"
	"dropwatch/internal/owner"
	"dropwatch/internal/report"
)

type countersOptions struct {
	duration  time.Duration
	interval  time.Duration
	sinceBoot bool
	watch     bool
	netns     []string
	devices   []string
	all       bool
	json      bool
}

func newCounters() *cobra.Command {
	var o countersOptions
	c := &cobra.Command{
		Use:   "counters",
		Short: "Show the kernel's counters of lost packets, all in one list",
		Long: `counters reads every counter that can mean a lost packet, in all network
namespaces that can be entered: protocols, interfaces, queueing disciplines,
drivers, CPUs, sockets, connection tracking, neighbours, IPsec and firewall
rules. It shows by how much they rose in --for (10 seconds unless told
otherwise), with what they mean; Ctrl-C ends it early. Counters that did not
rise are left out. The same packet may raise several counters.

It needs no privileges for what everybody may read, and says on standard error
what it could not read.

Exit status: 0 done, 1 failed, 2 wrong usage.`,
		Example: `  dropwatch counters --for 30s
  dropwatch counters --since-boot --netns self
  dropwatch counters --watch --interface eth0
  dropwatch counters --all --json`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.check(c.Flags().Changed("for")); err != nil {
				return err
			}
			ctx, stop := interruptible(c.Context())
			defer stop()
			return o.run(ctx, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.DurationVar(&o.duration, "for", 10*time.Second, "how long to watch; with --watch until Ctrl-C unless given")
	f.DurationVar(&o.interval, "interval", time.Second, "with --watch: time between two groups of lines")
	f.BoolVar(&o.sinceBoot, "since-boot", false, "show at once what was ever counted")
	f.BoolVar(&o.watch, "watch", false, "show what rose in each --interval, until Ctrl-C")
	f.StringSliceVar(&o.netns, "netns", []string{"all"}, "only these network namespaces (a name, path, inode, pid:N or self)")
	f.StringSliceVar(&o.devices, "interface", nil, "only what belongs to these network interfaces")
	f.BoolVar(&o.all, "all", false, "also counters that do not mean loss, and those that did not rise")
	f.BoolVar(&o.json, "json", false, "print JSON")
	return c
}

// check refuses what makes no sense. A watch ends only when told.
func (o *countersOptions) check(timed bool) error {
	switch {
	case o.sinceBoot && o.watch:
		return usagef("--since-boot and --watch: only one of them")
	case o.sinceBoot && timed:
		return usagef("--since-boot and --for: only one of them")
	case o.watch && !timed:
		o.duration = 0
	default:
		if err := positive("for", o.duration); err != nil {
			return err
		}
	}
	return errors.Join(positive("interval", o.interval), checkDevices(o.devices))
}

func (o *countersOptions) run(ctx context.Context, out, diagnostics io.Writer) error {
	m, err := openMeter(o.netns)
	if err != nil {
		return err
	}
	defer m.Close()
	switch {
	case o.sinceBoot:
		return o.print(out, diagnostics, m)
	case o.watch:
		return o.repeat(ctx, out, diagnostics, m)
	}
	progress := newProgress(diagnostics, o.duration)
	end := time.Now().Add(o.duration)
	for ctx.Err() == nil && time.Now().Before(end) {
		pause(ctx, min(time.Second, time.Until(end)))
		progress.show()
	}
	progress.clear()
	m.Sample()
	return o.print(out, diagnostics, m)
}

// repeat prints what rose in each interval. What could not be read is told
// once.
func (o *countersOptions) repeat(ctx context.Context, out, diagnostics io.Writer, m *meter.Meter) error {
	var told []string
	if terminal(diagnostics) {
		fmt.Fprintln(diagnostics, "watching counters; Ctrl-C ends")
	}
	end := time.Now().Add(o.duration)
	for next := time.Now(); ctx.Err() == nil && (o.duration == 0 || next.Before(end)); m.Forward() {
		next = next.Add(o.interval)
		pause(ctx, time.Until(next))
		m.Sample()
		d := m.Document(o.view())
		for _, note := range d.Notes() {
			if !slices.Contains(told, note) {
				told = append(told, note)
				fmt.Fprintf(diagnostics, "dropwatch: %s\n", note)
			}
		}
		if err := o.printLines(out, d); err != nil {
			return err
		}
	}
	return nil
}

func (o *countersOptions) printLines(out io.Writer, d *report.Counters) error {
	if o.json {
		return d.WriteLine(out)
	}
	return report.Text{}.CounterLines(out, d)
}

func (o *countersOptions) print(out, diagnostics io.Writer, m *meter.Meter) error {
	d := m.Document(o.view())
	for _, note := range d.Notes() {
		fmt.Fprintf(diagnostics, "dropwatch: %s\n", note)
	}
	if o.json {
		return d.WriteJSON(out)
	}
	return report.Text{Advice: true}.Counters(out, d)
}

func (o *countersOptions) view() meter.View {
	return meter.View{All: o.all, SinceBoot: o.sinceBoot, Devices: o.devices}
}

// pause waits, but not after Ctrl-C.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// openMeter reads the counters of namespaces for the first time. It fails if
// none of them can be read, or one that is asked for by name.
func openMeter(names []string) (*meter.Meter, error) {
	namespaces := owner.NewNamespaces(owner.Config{})
	inodes, err := namespaceInodes(namespaces, names)
	if err != nil {
		return nil, err
	}
	m := meter.New(meter.Config{Namespaces: namespaces, NetNS: inodes})
	var read []uint32
	for _, sample := range m.Latest() {
		read = append(read, sample.NetNS)
	}
	if len(read) > 0 && !slices.ContainsFunc(inodes, func(inode uint32) bool { return !slices.Contains(read, inode) }) {
		return m, nil
	}
	err = cmp.Or(m.Refused(), os.ErrNotExist)
	m.Close()
	return nil, fmt.Errorf("read counters of network namespaces: %w", err)
}

// namespaceInodes are those of names; none means all.
func namespaceInodes(namespaces *owner.Namespaces, names []string) ([]uint32, error) {
	var inodes []uint32
	if slices.Contains(names, "all") {
		return nil, nil
	}
	for _, name := range names {
		inode, err := namespaces.NamespaceByName(name)
		if err != nil {
			return nil, err
		}
		inodes = append(inodes, inode)
	}
	return inodes, nil
}
