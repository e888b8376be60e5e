package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"dropwatch/internal/droplog"
	"dropwatch/internal/export/logline"
	"dropwatch/internal/report"
	"dropwatch/internal/session"
)

type summaryOptions struct {
	options
	duration time.Duration
	count    uint64
	maxDrops int64
	save     string
	csv      bool
}

func newSummary() *cobra.Command {
	var o summaryOptions
	c := &cobra.Command{
		Use:   "summary",
		Short: "Watch for a while, print one report and exit",
		Long: `summary watches for --for (10 seconds unless told otherwise), or until --count
packets were dropped, and prints one report. Ctrl-C ends it early, with the
report of what was seen so far.

Without the privileges that it takes to see drops, and if nothing is asked for
that counters cannot tell, the report has the kernel's counters only, and says
so.

Exit status: 0 done, 1 failed, 2 wrong usage, 3 more than --max-drops packets
were dropped (benign ones do not count).`,
		Example: `  dropwatch summary --for 30s
  dropwatch summary --by reason,process --top 5
  dropwatch summary --netns web --filter 'class == "loss"' --max-drops 0 --json
  dropwatch summary --for 1m --save before.json`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if !c.Flags().Changed("for") && o.count > 0 {
				o.duration = 0 // until the count is reached
			} else if err := positive("for", o.duration); err != nil {
				return err
			}
			if o.json && o.csv {
				return usagef("--json and --csv: choose one")
			}
			if (o.json || o.csv) && !c.Flags().Changed("top") {
				o.top = 0
			}
			ctx, stop := interruptible(c.Context())
			defer stop()
			return o.run(ctx, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	o.addTo(c)
	f := c.Flags()
	f.DurationVar(&o.duration, "for", 10*time.Second, "how long to watch")
	f.Uint64Var(&o.count, "count", 0, "end when this many packets were dropped")
	f.Int64Var(&o.maxDrops, "max-drops", -1, "exit with status 3 when more packets than this were dropped")
	f.StringVar(&o.save, "save", "", "also write the JSON document to a file, whole or not at all, for dropwatch diff")
	f.BoolVar(&o.csv, "csv", false, "print comma-separated values, a line for each row, with the columns of dropwatch log --format csv")
	f.IntVar(&o.top, "top", 20, "number of rows to print, 0 for all; JSON and CSV have all unless this is given")
	return c
}

func (o *summaryOptions) run(ctx context.Context, out, errors io.Writer) error {
	config, err := o.config()
	if err != nil {
		return err
	}
	config.CountersAlone = o.maxDrops < 0 && o.count == 0 && o.by == "" && o.origin == ""
	if err := checkSave(o.save); err != nil {
		return err
	}
	s, err := session.Open(config)
	if err != nil {
		return err
	}
	defer s.Close()
	for _, warning := range s.Warnings() {
		fmt.Fprintf(errors, "dropwatch: %s\n", warning)
	}
	progress := newProgress(errors, o.duration)
	if err := o.watch(ctx, s, progress); err != nil {
		return err
	}
	progress.clear()
	if err := s.Stop(nil); err != nil {
		return err
	}
	r, err := s.Summary()
	if err != nil {
		return err
	}
	saved := save(o.save, r) // before rows are left out for the screen
	if err := o.print(out, r); err != nil {
		return err
	}
	if saved != nil {
		return saved
	}
	if o.maxDrops >= 0 && r.Total.Lost > uint64(o.maxDrops) {
		return statusError(statusThreshold)
	}
	return nil
}

// watch receives until the time is over, the count is reached or Ctrl-C.
func (o *summaryOptions) watch(ctx context.Context, s *session.Session, progress *progress) error {
	defer context.AfterFunc(ctx, s.Wake)()
	var end time.Time
	if o.duration > 0 {
		end = s.Started().Add(o.duration)
	}
	step := time.Second
	if o.count > 0 {
		step = 50 * time.Millisecond // how exactly the count is met
	}
	for ctx.Err() == nil {
		deadline := time.Now().Add(step)
		if !end.IsZero() && deadline.After(end) {
			deadline = end
		}
		if err := s.Receive(deadline, nil); err != nil {
			return err
		}
		if o.count > 0 && s.Count() >= o.count || !end.IsZero() && !time.Now().Before(end) {
			return nil
		}
		progress.show()
	}
	return nil
}

func (o *summaryOptions) print(out io.Writer, r *report.Summary) error {
	r.Top(o.top)
	switch {
	case o.json:
		return r.WriteJSON(out)
	case o.csv:
		return writeCSV(out, r)
	}
	return report.Text{Advice: true, Color: colored(out)}.Summary(out, r)
}

// writeCSV writes the rows, then counters and what was missed, as the log does.
func writeCSV(out io.Writer, r *report.Summary) error {
	e := logline.NewCSVEncoder(droplog.Columns()...)
	text := e.AppendHeader(nil)
	for _, record := range droplog.Interval(r) {
		text = e.AppendLine(text, &record)
	}
	_, err := out.Write(text)
	return err
}
