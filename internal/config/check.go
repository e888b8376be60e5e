package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"dropwatch/internal/peer/statedir"
)

// check refuses what cannot work, all of it at once.
func (c *Config) check() error {
	var errs []error
	bad := func(format string, a ...any) { errs = append(errs, fmt.Errorf(format, a...)) }
	if c.Interval < time.Second || c.Interval > time.Hour {
		bad("interval %v: must be from 1s to 1h", c.Interval)
	}
	if len(c.Host) > 255 {
		bad("host: at most 255 bytes")
	}
	if c.Drops.Top < 0 {
		bad("drops.top %d: must not be less than 0", c.Drops.Top)
	}
	if c.Drops.Window < c.Interval || c.Drops.Window > 24*time.Hour {
		bad("drops.window %v: must be from the interval to 24h", c.Drops.Window)
	}
	if c.State.Peers == "" || c.State.Identity == "" {
		bad("state: both directories must be named")
	}
	errs = append(append(errs, c.Peers.check()...), c.Alerts.check(), c.checkHistory())
	return errors.Join(errs...)
}

func (p *Peers) check() (errs []error) {
	bad := func(format string, a ...any) { errs = append(errs, fmt.Errorf(format, a...)) }
	if !slices.Contains([]Role{Mute, Peer, Collector}, p.Role) {
		bad("peers.role %q: use mute, peer or collector", p.Role)
	}
	if !p.Enabled {
		return errs
	}
	if p.Role == Mute && len(p.Collectors) == 0 {
		bad("peers.collectors: a mute host needs somebody to send to")
	}
	if p.KeyFile == "" && !p.Insecure {
		bad("peers.key_file: name the keys of the cluster (dropwatch cluster key generate FILE), or say insecure: true")
	}
	for _, address := range slices.Concat(p.Collectors, p.Join, []string{p.Bind}) {
		if err := checkAddress(address); err != nil {
			bad("peers: %w", err)
		}
	}
	if _, err := p.Prefixes(); err != nil {
		errs = append(errs, err)
	}
	if !p.FirstUse && len(p.Allow) == 0 {
		bad("peers.allow: without first_use the hosts to be heard must be listed")
	}
	if p.DownAfter < 1 || p.Expire <= 0 {
		bad("peers: down_after and expire must be more than 0")
	}
	if p.MaxHosts < 1 || p.MaxHosts > statedir.MaxFiles {
		bad("peers.max_hosts %d: must be from 1 to %d", p.MaxHosts, statedir.MaxFiles)
	}
	return errs
}

// Prefixes are the Networks.
func (p *Peers) Prefixes() ([]netip.Prefix, error) {
	var list []netip.Prefix
	for _, text := range p.Networks {
		prefix, err := netip.ParsePrefix(text)
		if err != nil || prefix != prefix.Masked() {
			return nil, fmt.Errorf("peers.networks: %q is no network such as 10.0.0.0/8", text)
		}
		list = append(list, prefix)
	}
	return list, nil
}

// DefaultPort is that of the exchange among peers.
const DefaultPort = 1513

func checkAddress(address string) error {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("address %q: want HOST:PORT, such as 10.0.0.1:%d", address, DefaultPort)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return fmt.Errorf("address %q: %q is no port", address, port)
	}
	return nil
}

// ownDirectories are those of somebody who is not root.
func ownDirectories() (identity, peers string) {
	state := os.Getenv("XDG_STATE_HOME")
	if state == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			home = os.TempDir()
		}
		state = filepath.Join(home, ".local", "state")
	}
	run := os.Getenv("XDG_RUNTIME_DIR")
	if run == "" {
		run = state
	}
	return filepath.Join(state, "dropwatch"), filepath.Join(run, "dropwatch", "peers")
}
