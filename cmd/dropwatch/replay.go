package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"dropwatch/dropmon"
	"dropwatch/internal/recording"
	"dropwatch/internal/report"
	"dropwatch/internal/session"
)

type replayOptions struct {
	by       string
	filter   string
	netns    []string
	devices  []string
	all      bool
	json     bool
	top      int
	maxDrops int64
	watch    bool
	packets  bool
	interval time.Duration
}

func newReplay() *cobra.Command {
	var o replayOptions
	c := &cobra.Command{
		Use:   "replay FILE",
		Short: "Show a recording again, made on this or any other host",
		Long: `replay reads a file that record has written, on any host, and prints the
summary of it; with --watch the lines that watch would have printed, with
--packets an entry for each packet. It needs no privileges, and takes nothing
from the host that it runs on: reasons, functions, namespaces and processes are
those of the recording. - is standard input.

Files of dwdump, and of record --dwdump-compatible, can be replayed too.

Exit status: 0 done, 1 failed, 2 wrong usage, 3 more than --max-drops packets
were dropped (benign ones do not count).`,
		Example: `  dropwatch replay drops.pcapng
  dropwatch replay --packets --filter 'transport == "UDP"' drops.pcapng
  ssh web1 dropwatch record -w - | dropwatch replay --watch -`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("%s takes one file, or - for standard input, but there are %d arguments", c.CommandPath(), len(args))
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.check(c); err != nil {
				return err
			}
			return o.run(c, args[0])
		},
	}
	f := c.Flags()
	f.StringVar(&o.by, "by", "", "group by a list of reason,location,netns,interface,protocol,process,flow")
	f.StringVar(&o.filter, "filter", "", `keep what matches an expression, such as 'reason == "NO_SOCKET" && bytes > 100'`)
	f.StringSliceVar(&o.netns, "netns", nil, "only these network namespaces (a recorded name or inode)")
	f.StringSliceVar(&o.devices, "interface", nil, "only these network interfaces")
	f.BoolVar(&o.all, "all", false, "also show what the kernel freed as usual (class benign), if it was recorded")
	f.BoolVar(&o.json, "json", false, "print JSON")
	f.IntVar(&o.top, "top", 20, "number of rows to print, 0 for all; JSON and --watch have all unless this is given")
	f.Int64Var(&o.maxDrops, "max-drops", -1, "exit with status 3 when more packets than this were dropped")
	f.BoolVar(&o.watch, "watch", false, "print lines for each interval")
	f.BoolVar(&o.packets, "packets", false, "print an entry for each packet")
	f.DurationVar(&o.interval, "interval", time.Second, "with --watch: time of the recording between two groups of lines")
	complete(c, "by", dropmon.ByNames())
	return c
}

func (o *replayOptions) check(c *cobra.Command) error {
	if err := positive("interval", o.interval); err != nil {
		return err
	}
	switch {
	case o.watch && o.packets:
		return usagef("--watch and --packets: choose one")
	case o.packets && o.by != "":
		return usagef("--by is of rows, and --packets prints single packets")
	}
	if (o.json || o.watch) && !c.Flags().Changed("top") {
		o.top = 0
	}
	return checkDevices(o.devices)
}

// config checks what a session needs.
func (o *replayOptions) config() (session.Config, error) {
	c := session.Config{All: o.all, Packets: o.packets, NetNS: o.netns, Devices: o.devices}
	var err error
	if o.by != "" {
		if c.By, err = dropmon.ParseBy(o.by); err != nil {
			return c, usageError{err}
		}
	}
	if c.Filter, err = dropmon.CompileFilter(o.filter); err != nil {
		return c, usageError{err}
	}
	return c, nil
}

func (o *replayOptions) run(c *cobra.Command, path string) error {
	config, err := o.config()
	if err != nil {
		return err
	}
	input := c.InOrStdin()
	ctx, stop := interruptible(c.Context())
	defer stop()
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		input = file
	}
	p := newPlayer(o, c.OutOrStdout(), c.ErrOrStderr())
	p.view = recording.View{By: config.By, All: o.all, Filter: config.Filter}
	source, err := recording.Open(input, recording.Options{NetNS: o.netns, Devices: o.devices, Idle: p.flush})
	if err != nil {
		return fmt.Errorf("replay %s: %w", path, err)
	}
	// Ctrl-C ends the recorder at the other end of a pipe too: what it still
	// writes is read.
	if path != "-" {
		defer context.AfterFunc(ctx, source.Wake)()
	}
	if p.session, err = session.OpenRecording(source.Session(), config); err != nil {
		return err
	}
	defer p.session.Close()
	p.source = source
	if err := p.play(ctx); err != nil {
		return errors.Join(fmt.Errorf("replay %s: %w", path, err), p.failed)
	}
	if ctx.Err() != nil && path != "-" {
		fmt.Fprintf(p.errors, "dropwatch: %s: interrupted; this is what was read\n", path)
	}
	return p.end(path)
}

// end prints the summary, unless each drop was printed, and judges.
func (p *player) end(path string) error {
	p.flush()
	if p.failed != nil {
		return p.failed
	}
	r, err := p.summary()
	if err != nil {
		return err
	}
	for _, warning := range p.source.Warnings() {
		fmt.Fprintf(p.errors, "dropwatch: %s: %s\n", path, warning)
	}
	lost := r.Total.Lost
	if !p.options.packets && !p.options.watch {
		if err := p.print(r); err != nil {
			return err
		}
	}
	if p.options.maxDrops >= 0 && lost > uint64(p.options.maxDrops) {
		return statusError(statusThreshold)
	}
	return nil
}

func (p *player) print(r *report.Summary) error {
	r.Top(p.options.top)
	if p.options.json {
		return r.WriteJSON(p.out)
	}
	if r.Host == "" { // dwdump does not tell
		r.Host, r.Kernel = "unknown host", "of unknown release"
	}
	return report.Text{Advice: true, Color: colored(p.out)}.Summary(p.out, r)
}
