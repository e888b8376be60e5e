package history

import (
	"fmt"

	"dropwatch/internal/history/ring"
)

// A Config says what is kept. The zero value has the defaults.
type Config struct {
	// Shape is of new files. Those that are there keep theirs; remove them to
	// change it.
	Shape ring.Config
	// Keep has patterns of keys, those first that are to get a place when there
	// are not enough. DefaultKeep by default.
	Keep []string
	// MaxHosts is how many files there are at most. 4096 by default.
	MaxHosts int
	// MaxOpen is how many of them are held open. 256 by default.
	MaxOpen int
}

// DefaultKeep is what most people look for in the past of a host. What there
// can be many of comes last.
func DefaultKeep() []string {
	return []string{
		"up", "load1", "cpu.busy", "cpu.softirq", "cpu.steal", "memory.used", "swap.used",
		"pressure.*", "users", "clock.offset",
		"drops.lost_rate", "drops.missed", "drops.class_rate[*]",
		"filesystem.used[*]", "disk.busy[*]",
		"interface.rx_bytes[*]", "interface.tx_bytes[*]", "interface.rx_packets[*]", "interface.tx_packets[*]",
		"counter.unexplained[*]",
	}
}

// Bounds of patterns.
const (
	maxPatterns     = 256
	maxPatternBytes = 256
)

func (c Config) withDefaults() Config {
	if len(c.Keep) == 0 {
		c.Keep = DefaultKeep()
	}
	if c.MaxHosts == 0 {
		c.MaxHosts = 4096
	}
	if c.MaxOpen == 0 {
		c.MaxOpen = 256
	}
	return c
}

// Validate tells what cannot be kept.
func (c Config) Validate() error {
	if err := c.Shape.Validate(); err != nil {
		return err
	}
	if c.MaxHosts < 0 || c.MaxOpen < 0 {
		return fmt.Errorf("history of %d hosts with %d files open: want no negative numbers", c.MaxHosts, c.MaxOpen)
	}
	if len(c.Keep) > maxPatterns {
		return fmt.Errorf("history has %d patterns of values, at most %d are looked at", len(c.Keep), maxPatterns)
	}
	for _, p := range c.Keep {
		if p == "" || len(p) > maxPatternBytes {
			return fmt.Errorf("history of values %.40q: a pattern has 1 to %d bytes, such as interface.rx_bytes[*]", p, maxPatternBytes)
		}
	}
	return nil
}
