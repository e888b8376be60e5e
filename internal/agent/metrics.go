package agent

import (
	"context"
	"errors"

	"dropwatch/internal/cluster"
	"dropwatch/internal/export/metrics"
	"dropwatch/internal/export/peermetrics"
)

// measure makes the metrics of the agent: the drops of this host, of which nothing
// is lost between two scrapes, what all hosts told, and the agent itself.
func (a *Agent) measure() error {
	a.metrics = metrics.New(metrics.Config{Version: a.version, PerNetNS: true})
	return errors.Join(
		a.metrics.Register(newCollector(a)),
		a.metrics.Register(peermetrics.New(peermetrics.Config{View: func() (*cluster.View, error) { return a.view(), nil }})),
	)
}

// serveMetrics answers Prometheus at the address that is configured.
func (a *Agent) serveMetrics(ctx context.Context) error {
	server, err := metrics.Listen(a.config.Load().Metrics.Address, a.metrics)
	if err != nil {
		return err
	}
	return errors.Join(server.Serve(ctx), server.Close())
}
