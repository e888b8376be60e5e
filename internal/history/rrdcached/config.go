package rrdcached

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"dropwatch/internal/history/ring"
)

// A Config says where the daemon is, and what files it makes.
type Config struct {
	// Address is unix:PATH, or HOST:PORT on this host: who can talk to the
	// daemon can write its files, and it asks nobody for a password.
	Address string
	// Shape is of new files; Slots is not used. The zero value is
	// ring.DefaultConfig.
	Shape ring.Config
	// Directories makes one directory a host, for which the daemon must be
	// started with -R.
	Directories bool
	// Queue is how many values wait at most. 65536 by default.
	Queue int
	// Timeout is how long the daemon may take for an answer. 10 s by default.
	Timeout time.Duration
	// Retry is how long to wait after the first failure; it doubles up to 60
	// times that. 1 s by default.
	Retry time.Duration
}

func (c Config) withDefaults() Config {
	if len(c.Shape.Archives) == 0 {
		c.Shape.Archives = ring.DefaultConfig().Archives
	}
	if c.Queue == 0 {
		c.Queue = 1 << 16
	}
	if c.Timeout == 0 {
		c.Timeout = 10 * time.Second
	}
	if c.Retry == 0 {
		c.Retry = time.Second
	}
	return c
}

// Validate tells what cannot be done.
func (c Config) Validate() error {
	if _, _, err := c.target(); err != nil {
		return err
	}
	if err := c.Shape.Validate(); err != nil {
		return err
	}
	if c.Queue < 0 || c.Queue > 1<<24 || c.Timeout < 0 || c.Retry < 0 {
		return fmt.Errorf("rrdcached: queue of %d values, timeout %v, retry after %v: want no negative ones, and at most %d values", c.Queue, c.Timeout, c.Retry, 1<<24)
	}
	return nil
}

// target is what to dial.
func (c Config) target() (network, address string, err error) {
	if path, ok := strings.CutPrefix(c.Address, "unix:"); ok && strings.HasPrefix(path, "/") {
		return "unix", path, nil
	}
	if port, ok := strings.CutPrefix(c.Address, "localhost:"); ok {
		return "tcp", "localhost:" + port, nil
	}
	at, err := netip.ParseAddrPort(c.Address)
	if err != nil {
		return "", "", fmt.Errorf("rrdcached address %q: want unix:/PATH or 127.0.0.1:PORT", c.Address)
	}
	if !at.Addr().IsLoopback() {
		return "", "", fmt.Errorf("rrdcached address %q: not of this host, and its protocol is open to all; forward a socket with ssh", c.Address)
	}
	return "tcp", c.Address, nil
}

// create is the command that makes a file whose first value is of a time.
func (c *Config) create(file string, at float64) string {
	archives := c.Shape.Archives
	finest := archives[0].Step
	for _, a := range archives {
		finest = min(finest, a.Step)
	}
	heartbeat := c.Shape.Heartbeat
	if heartbeat == 0 {
		heartbeat = 3 * finest
	}
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE %s -b %d -s %d -O DS:value:GAUGE:%d:U:U", file, int64(at)-int64(finest/time.Second), finest/time.Second, heartbeat/time.Second)
	for _, a := range archives {
		fmt.Fprintf(&b, " RRA:AVERAGE:0.5:%d:%d", a.Step/finest, a.Rows)
		if a.Max {
			fmt.Fprintf(&b, " RRA:MAX:0.5:%d:%d", a.Step/finest, a.Rows)
		}
	}
	return b.String()
}
