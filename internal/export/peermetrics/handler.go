package peermetrics

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/common/expfmt"
)

// maxScrapes is how many scrapes may go on at once; more are told to come again.
const maxScrapes = 2

// Handler answers scrapes at /metrics with what a collector makes anew for each
// of them: as OpenMetrics or as text, compressed or not, as the scraper asks.
func Handler(c *Collector) (http.Handler, error) {
	registry, err := registryOf(c)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		EnableOpenMetrics: true, MaxRequestsInFlight: maxScrapes,
	}))
	return mux, nil
}

// Write writes the metrics as text, once.
func Write(w io.Writer, c *Collector) error {
	registry, err := registryOf(c)
	if err != nil {
		return err
	}
	families, err := registry.Gather()
	if err != nil {
		var all prometheus.MultiError
		if errors.As(err, &all) && len(all) > 0 {
			err = all[0]
		}
		return fmt.Errorf("make metrics: %w", err)
	}
	for _, family := range families {
		if _, err := expfmt.MetricFamilyToText(w, family); err != nil {
			return fmt.Errorf("write metrics: %w", err)
		}
	}
	return nil
}

func registryOf(c *Collector) (*prometheus.Registry, error) {
	registry := prometheus.NewRegistry()
	if err := registry.Register(c); err != nil {
		return nil, fmt.Errorf("prepare metrics: %w", err)
	}
	return registry, nil
}
