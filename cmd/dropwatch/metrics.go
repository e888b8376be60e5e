package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"dropwatch/internal/export/metrics"
	"dropwatch/internal/report"
)

// metricsOptions are the flags of commands that Prometheus can scrape.
type metricsOptions struct {
	address string
	by      []string
	series  int
}

var metricsLabels = []string{"netns", "interface", "location"}

func (o *metricsOptions) addTo(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.address, "metrics", "", "serve metrics for Prometheus at HOST:PORT; without a host on this machine only")
	f.StringSliceVar(&o.by, "metrics-by", nil, "labels that metrics have too: netns,interface,location")
	f.IntVar(&o.series, "metrics-series", 1000, "most series of a metric; what is beyond counts as other")
	complete(c, "metrics-by", metricsLabels)
}

// A metricsServer answers scrapes. All methods of nil do nothing.
type metricsServer struct {
	values *metrics.Metrics
	server *metrics.Server
	done   chan error
	cancel context.CancelFunc
}

// start begins to serve, or returns nil if nobody asked for it.
func (o *metricsOptions) start(ctx context.Context) (*metricsServer, error) {
	config := metrics.Config{MaxSeries: o.series, Version: version()}
	for _, label := range o.by {
		switch label {
		case "netns":
			config.PerNetNS = true
		case "interface":
			config.PerInterface = true
		case "location":
			config.PerLocation = true
		default:
			return nil, usagef("--metrics-by %q: use a list of %q", label, metricsLabels)
		}
	}
	if o.series < 1 {
		return nil, usagef("--metrics-series %d: must be at least 1", o.series)
	}
	if o.address == "" {
		return nil, nil
	}
	m := &metricsServer{values: metrics.New(config), done: make(chan error, 1)}
	var err error
	if m.server, err = metrics.Listen(o.address, m.values); err != nil {
		return nil, err
	}
	ctx, m.cancel = context.WithCancel(ctx)
	go func() { m.done <- m.server.Serve(ctx) }()
	return m, nil
}

// observe adds an interval.
func (m *metricsServer) observe(r *report.Summary) {
	if m != nil {
		m.values.Observe(r)
	}
}

func (m *metricsServer) stop() error {
	if m == nil {
		return nil
	}
	m.cancel()
	return errors.Join(<-m.done, m.server.Close())
}
