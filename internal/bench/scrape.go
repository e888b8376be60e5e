package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"time"

	"dropwatch/internal/scenario"
)

// scraped is an exporter that is asked for its metrics, on one connection as
// Prometheus does.
type scraped struct {
	url    string
	client *http.Client
	series int    // of the last answer
	times  series // ms of each
}

// newScraped makes one for an address in the lab.
func newScraped(l *scenario.Lab, address string) *scraped {
	dial := func(ctx context.Context, network, address string) (c net.Conn, err error) {
		err = l.Do(scenario.A, func() error {
			// as a number it is dialled on this thread
			c, err = new(net.Dialer).DialContext(ctx, network, address)
			return err
		})
		return c, err
	}
	return &scraped{
		url:    "http://" + address + "/metrics",
		client: &http.Client{Transport: &http.Transport{DialContext: dial}, Timeout: interval},
	}
}

// scrape asks once.
func (s *scraped) scrape() error {
	begin := time.Now()
	answer, err := s.client.Get(s.url)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	took := time.Since(begin)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("ask %s: status %d", s.url, answer.StatusCode)
	}
	if err != nil {
		return err
	}
	s.series = countSeries(body)
	s.times = append(s.times, milliseconds(took))
	return nil
}

// countSeries counts the lines of an exposition that hold a value.
func countSeries(body []byte) (n int) {
	for line := range bytes.Lines(body) {
		if len(bytes.TrimSpace(line)) > 0 && line[0] != '#' {
			n++
		}
	}
	return n
}

// startExporter starts the node exporter with its own defaults.
func (s *stable) startExporter(ctx context.Context) *idler {
	const address = "127.0.0.1:9100"
	i := &idler{name: idleExporter, metrics: newScraped(s.lab, address)}
	program, err := unpack(ctx, s.dir, "prometheus-node-exporter", "usr/bin/prometheus-node-exporter")
	if err == nil {
		err = s.lab.Do(scenario.A, func() error {
			i.peer, err = startPeer(exec.Command(program, "--web.listen-address="+address))
			return err
		})
	}
	if i.failed = err; err == nil {
		s.all = append(s.all, i.peer)
	}
	return i
}
