package config

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"dropwatch/internal/history"
	"dropwatch/internal/history/ring"
	"dropwatch/internal/history/rrdcached"
)

// History is the past of values.
type History struct {
	Enabled bool `yaml:"enabled"`
	// Directory of the files; empty means past, below that of the identity.
	Directory string `yaml:"directory"`
	// Values are patterns of what is kept, such as interface.*; empty means what
	// most people look for.
	Values []string `yaml:"values"`
	// RRDCached is a daemon that is given the values too: unix:PATH, or HOST:PORT
	// on this host.
	RRDCached string `yaml:"rrdcached"`
}

// historyName is not history: the shell keeps what was typed there in a file of
// that name.
const historyName = "past"

// HistoryDirectory is where the files are.
func (c *Config) HistoryDirectory() string {
	if c.History.Directory != "" {
		return c.History.Directory
	}
	return filepath.Join(c.State.Identity, historyName)
}

// longestHeartbeat is what a file of the history can have.
const longestHeartbeat = time.Hour

// HistoryShape has a value hold as long as hosts may be silent.
func (c *Config) HistoryShape() ring.Config {
	shape := ring.DefaultConfig()
	intervals := time.Duration(max(c.Peers.DownAfter, 1))
	silent := intervals * min(c.Interval, longestHeartbeat/intervals)
	shape.Heartbeat = max(shape.Heartbeat, silent)
	return shape
}

func (c *Config) checkHistory() error {
	var errs []error
	if err := (history.Config{Shape: c.HistoryShape(), Keep: c.History.Values}).Validate(); err != nil {
		errs = append(errs, fmt.Errorf("history: %w", err))
	}
	if c.History.RRDCached != "" {
		if err := (rrdcached.Config{Address: c.History.RRDCached, Shape: c.HistoryShape()}).Validate(); err != nil {
			errs = append(errs, fmt.Errorf("history.rrdcached: %w", err))
		}
	}
	return errors.Join(errs...)
}
