package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"dropwatch/internal/cluster"
	"dropwatch/internal/export/metrics"
	"dropwatch/internal/export/peermetrics"
)

// clusterDrops are the flags of cluster drops.
type clusterDrops struct {
	viewOptions
	since   string
	metrics string
	series  int
}

func newClusterDrops() *cobra.Command {
	var o clusterDrops
	c := &cobra.Command{
		Use: "drops", Short: "Show the drops of all hosts in one report: by reason, and who loses most", Args: noArguments,
		Long: `drops shows what all hosts dropped, each drop once: agents that run on one kernel
tell of the same drops, and a packet that one host refuses while another drops the
answer is one event seen from both ends. Hosts that lose at least 10 times what is
usual among the others come first.

Without --since hosts tell of their last minute, or what drops.window of their
configuration says. With --since it is all that the agent here heard from then on;
a minute that had begun counts whole, and hosts of which something is missing are
named with the time they cover.

With --metrics the same is served for Prometheus until Ctrl-C, with every value of
"cluster values", read anew at each scrape. "--metrics -" prints it once.`,
		Example: `  dropwatch cluster drops
  dropwatch cluster drops --since 1h --host web1
  dropwatch cluster drops --since 14:05 --json
  dropwatch cluster drops --metrics 127.0.0.1:1515`,
		RunE: func(c *cobra.Command, _ []string) error {
			if o.series < 1 {
				return usagef("--metrics-series %d: must be at least 1", o.series)
			}
			if o.metrics != "" && o.json {
				return usagef("--metrics and --json: choose one")
			}
			if o.since != "" {
				if _, err := cluster.ParseSince(o.since, time.Now()); err != nil {
					return usagef("--since: %w", err)
				}
			}
			switch o.metrics {
			case "":
				return o.print(c.OutOrStdout(), c.ErrOrStderr())
			case "-":
				return peermetrics.Write(c.OutOrStdout(), o.collector(c.ErrOrStderr()))
			}
			ctx, stop := interruptible(c.Context())
			defer stop()
			return o.serve(ctx, c.ErrOrStderr())
		},
	}
	o.addTo(c)
	f := c.Flags()
	f.StringVar(&o.since, "since", "", "drops from then on: how long ago (10m, 2h, 3d), a time (15:04) or a date (2026-01-02T15:04)")
	f.StringVar(&o.metrics, "metrics", "", "serve metrics for Prometheus at HOST:PORT, without a host on this machine only; - prints them once")
	f.IntVar(&o.series, "metrics-series", 10000, "most series of a metric; what is beyond counts as other")
	return c
}

// report is the drops of all hosts in the time that was asked for.
func (o *clusterDrops) report(v *cluster.View) (*cluster.DropReport, error) {
	if o.since == "" {
		return v.Drops(), nil
	}
	begin, err := cluster.ParseSince(o.since, v.Time.Local())
	if err != nil {
		return nil, err
	}
	return v.DropsSince(o.directory, begin)
}

func (o *clusterDrops) print(out, stderr io.Writer) error {
	v, err := o.view(stderr)
	if err != nil {
		return err
	}
	r, err := o.report(v)
	if r == nil {
		return err
	}
	if err != nil {
		fmt.Fprintf(stderr, "dropwatch: %s\n", oneLine(err))
	}
	if o.json {
		return writeJSON(out, r)
	}
	return r.Write(out)
}

// collector makes metrics of the directory as it is at each scrape.
func (o *clusterDrops) collector(stderr io.Writer) *peermetrics.Collector {
	return peermetrics.New(peermetrics.Config{
		View: func() (*cluster.View, error) { return o.view(stderr) },
		Drops: func(v *cluster.View) (*cluster.DropReport, error) {
			r, err := o.report(v)
			if r != nil && err != nil {
				fmt.Fprintf(stderr, "dropwatch: %s\n", oneLine(err))
				err = nil
			}
			return r, err
		},
		MaxSeries: o.series,
	})
}

func (o *clusterDrops) serve(ctx context.Context, stderr io.Writer) error {
	// a directory that is not there is told now, and not to Prometheus alone
	if _, err := o.view(stderr); err != nil {
		return err
	}
	handler, err := peermetrics.Handler(o.collector(&oncePerLine{w: stderr}))
	if err != nil {
		return err
	}
	server, err := metrics.ListenHandler(o.metrics, handler)
	if err != nil {
		return err
	}
	fmt.Fprintf(stderr, "metrics at http://%s/metrics\n", server.Address())
	return errors.Join(server.Serve(ctx), server.Close())
}
