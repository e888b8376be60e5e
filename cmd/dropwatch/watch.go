package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"dropwatch/internal/report"
	"dropwatch/internal/session"
)

type watchOptions struct {
	options
	metrics  metricsOptions
	bells    bellOptions
	duration time.Duration
	interval time.Duration
	count    uint64
	maxDrops int64
	packets  bool
	snap     uint32
	queue    uint32
	rate     uint32
}

func newWatch() *cobra.Command {
	var o watchOptions
	c := &cobra.Command{
		Use:   "watch",
		Short: "Print drops while they happen, until Ctrl-C",
		Long: `watch prints a line for each kind of drop and interval, or with --packets an
entry for each packet. With --json each line is an object.`,
		Example: `  dropwatch watch
  dropwatch watch --packets --filter 'transport == "UDP"'`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := positive("interval", o.interval); err != nil {
				return err
			}
			if c.Flags().Changed("for") {
				if err := positive("for", o.duration); err != nil {
					return err
				}
			}
			ctx, stop := interruptible(c.Context())
			defer stop()
			return o.run(ctx, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	o.addTo(c)
	o.metrics.addTo(c)
	o.bells.addTo(c)
	f := c.Flags()
	f.DurationVar(&o.duration, "for", 0, "end after this time; 0 means at Ctrl-C")
	f.DurationVar(&o.interval, "interval", time.Second, "time between two groups of lines")
	f.Uint64Var(&o.count, "count", 0, "end when this many packets were dropped")
	f.Int64Var(&o.maxDrops, "max-drops", -1, "exit with status 3 when more packets than this were dropped")
	f.IntVar(&o.top, "top", 0, "lines for each interval, 0 for all")
	f.BoolVar(&o.packets, "packets", false, "one entry for each packet")
	f.Uint32Var(&o.snap, "snap", 128, "with --packets: bytes of each packet to look at, at most 65535")
	f.Uint32Var(&o.queue, "queue", 10000, "with --packets: packets that wait in the kernel")
	f.Uint32Var(&o.rate, "rate", 0, "with --packets: most packets a second, 0 for no limit")
	return c
}

func (o *watchOptions) run(ctx context.Context, out, stderr io.Writer) (err error) {
	config, err := o.config()
	if err != nil {
		return err
	}
	if o.snap > 0xffff {
		return usagef("--snap %d: at most 65535 bytes", o.snap)
	}
	config.Packets, config.Snap, config.Queue, config.RateLimit = o.packets, o.snap, o.queue, o.rate
	w := watcher{options: o, lines: bufio.NewWriterSize(out, packetRoom), out: out, errors: stderr, color: colored(out)}
	if w.bell, err = o.bells.bell(stderr); err != nil {
		return err
	}
	if w.metrics, err = o.metrics.start(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.metrics.stop()) }()
	config.Idle, config.Intervals = w.flush, w.metrics != nil
	s, err := session.Open(config)
	if err != nil {
		return err
	}
	defer s.Close()
	w.session = s
	for _, warning := range s.Warnings() {
		fmt.Fprintf(stderr, "dropwatch: %s\n", warning)
	}
	if terminal(stderr) {
		fmt.Fprintf(stderr, "watching with source %s; Ctrl-C ends\n", s.Source())
	}
	if err := w.loop(ctx); err != nil {
		return err
	}
	if err := s.Stop(w.packet); err != nil {
		return err
	}
	w.flush()
	if w.failed != nil {
		return w.failed
	}
	if err := w.interval(); err != nil {
		return err
	}
	return w.end()
}

// A watcher prints what its session receives.
type watcher struct {
	options     *watchOptions
	session     *session.Session
	metrics     *metricsServer
	bell        *bell
	lines       *bufio.Writer // to out, for packets
	out, errors io.Writer
	color       bool
	printed     uint64 // packets, one by one
	failed      error  // of writing
}

// packetRoom is how much text of packets is collected at most: they are written
// out together when all that there were are printed.
const packetRoom = 32 << 10

// flush writes the packets that were collected.
func (w *watcher) flush() {
	if err := w.lines.Flush(); err != nil && w.failed == nil {
		w.failed = err
		w.session.Wake()
	}
}

func (w *watcher) loop(ctx context.Context) error {
	defer context.AfterFunc(ctx, w.session.Wake)()
	var end time.Time
	if w.options.duration > 0 {
		end = w.session.Started().Add(w.options.duration)
	}
	for ctx.Err() == nil && w.failed == nil && !w.enough() {
		deadline := time.Now().Add(w.options.interval)
		if !end.IsZero() && deadline.After(end) {
			deadline = end
		}
		err := w.session.Receive(deadline, w.packet)
		w.flush()
		if err != nil {
			return err
		}
		if ctx.Err() != nil || !end.IsZero() && !time.Now().Before(end) {
			break // the last interval is printed after the stop
		}
		if err := w.interval(); err != nil {
			return err
		}
		if w.options.count > 0 && w.session.Count() >= w.options.count {
			break
		}
	}
	return w.failed
}

func (w *watcher) packet(e *session.Entry) {
	if w.failed != nil || w.enough() {
		return
	}
	w.printed += e.Packets
	p := w.session.Packet(e)
	var err error
	if w.options.json {
		err = p.WriteLine(w.lines)
	} else {
		err = report.Text{Color: w.color}.Packet(w.lines, &p)
	}
	w.failed = err
	if err != nil || w.enough() {
		w.session.Wake()
	}
}

// enough tells whether as many packets as were asked for are printed.
func (w *watcher) enough() bool {
	return w.options.count > 0 && w.printed >= w.options.count
}

// interval prints what came since the last call, unless packets were printed
// one by one.
func (w *watcher) interval() error {
	r, err := w.session.IntervalBalanced()
	if err != nil {
		return err
	}
	w.metrics.observe(r)
	if err := w.bell.listen(r, time.Now()); err != nil {
		return err
	}
	if w.options.packets {
		r.Drops = nil // each was printed
	}
	r.Top(w.options.top)
	switch {
	case w.options.json && r.News() && !w.options.packets:
		return r.WriteLine(w.out)
	case w.options.packets || w.options.json:
		if r.Missed.Any() {
			fmt.Fprintf(w.errors, "missed: %s\n", r.Missed)
		}
		return nil
	}
	return report.Text{Color: w.color, Cut: terminal(w.out)}.Lines(w.out, r)
}

// end sums up on a terminal and judges the threshold.
func (w *watcher) end() error {
	r, err := w.session.Summary()
	if err != nil {
		return err
	}
	if terminal(w.errors) {
		fmt.Fprintf(w.errors, "%d packets dropped in %.1f s, %d benign, %d missed\n", r.Total.Lost, r.Seconds, r.Total.Benign, r.Missed.Events)
	}
	if w.options.maxDrops >= 0 && r.Total.Lost > uint64(w.options.maxDrops) {
		return statusError(statusThreshold)
	}
	return nil
}
