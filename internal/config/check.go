package config

import (
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"time"

	"dropwatch/dropmon"
	"dropwatch/internal/peer/identity"
	"dropwatch/internal/peer/record"
	"dropwatch/internal/peer/statedir"
)

// check refuses what cannot work, all of it at once.
func (c *Config) check() error {
	var errs []error
	bad := func(format string, a ...any) { errs = append(errs, fmt.Errorf(format, a...)) }
	if c.Interval < time.Second || c.Interval > time.Hour {
		bad("interval %v: must be from 1s to 1h", c.Interval)
	}
	if c.Host != record.CleanText(c.Host, maxHost) {
		bad("host %.40q: want at most %d bytes of printable text", c.Host, maxHost)
	}
	if err := checkListen(c.Metrics.Address); err != nil && c.Metrics.Address != "" {
		bad("metrics.address: %w", err)
	}
	errs = append(append(errs, c.Drops.check(c.Interval)...), c.Peers.check(c.Interval)...)
	errs = append(errs, c.Alerts.check(), c.checkHistory(), c.checkState())
	return errors.Join(errs...)
}

// maxHost is what other hosts take, in bytes.
const maxHost = 255

// check looks at it even if it is not enabled, as that is often done for a while.
func (d *Drops) check(interval time.Duration) (errs []error) {
	bad := func(format string, a ...any) { errs = append(errs, fmt.Errorf(format, a...)) }
	if d.Source != "" && !slices.Contains(dropmon.Sources(), d.Source) {
		bad("drops.source %q: use one of %q", d.Source, dropmon.Sources())
	}
	if _, err := dropmon.CompileFilter(d.Filter); err != nil {
		bad("drops.filter: %w", err)
	}
	if slices.Contains(d.NetNS, "") {
		bad("drops.netns: a name is empty")
	}
	if d.Top < 0 {
		bad("drops.top %d: must not be less than 0", d.Top)
	}
	if d.Window < interval || d.Window > 24*time.Hour {
		bad("drops.window %v: must be from the interval to 24h", d.Window)
	}
	return errs
}

// checkState also looks whether directories are kept apart: each is taken by who
// writes to it, once.
func (c *Config) checkState() error {
	if c.State.Peers == "" || c.State.Identity == "" {
		return errors.New("state: both directories must be named")
	}
	list := []string{filepath.Clean(c.State.Identity), filepath.Clean(c.State.Peers)}
	if c.History.Enabled {
		list = append(list, filepath.Clean(c.HistoryDirectory()))
	}
	for i, path := range list {
		if slices.Contains(list[i+1:], path) {
			return fmt.Errorf("state and history: %s is named twice: want a directory for each", path)
		}
	}
	if len(c.State.Peers) > maxPeersPath {
		return fmt.Errorf("state.peers: %.40s... is too long for the socket in it: at most %d bytes", c.State.Peers, maxPeersPath)
	}
	return nil
}

// maxPeersPath leaves room for the name of the agent's socket in an address of
// the kernel, which has 108 bytes.
const maxPeersPath = 107 - len("/agent.sock")

func (p *Peers) check(interval time.Duration) (errs []error) {
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
	for _, address := range slices.Concat(p.Collectors, p.Join) {
		if err := checkAddress(address); err != nil {
			bad("peers: %w", err)
		}
	}
	if err := checkBind(p.Bind); err != nil && p.Role != Mute {
		bad("peers.bind: %w", err)
	}
	if _, err := p.Prefixes(); err != nil {
		errs = append(errs, err)
	}
	if !p.FirstUse && len(p.Allow) == 0 {
		bad("peers.allow: without first_use the hosts to be heard must be listed")
	}
	if _, err := p.Allowed(); err != nil {
		errs = append(errs, err)
	}
	if p.DownAfter < 1 || p.Expire <= 0 {
		bad("peers: down_after and expire must be more than 0")
	} else if p.Expire/time.Duration(p.DownAfter) < interval {
		bad("peers.expire %v: a host must not be forgotten before it counts as down, after %d intervals", p.Expire, p.DownAfter)
	}
	if p.MaxHosts < 1 || p.MaxHosts > statedir.MaxFiles {
		bad("peers.max_hosts %d: must be from 1 to %d", p.MaxHosts, statedir.MaxFiles)
	}
	return errs
}

// Allowed are the ids in Allow.
func (p *Peers) Allowed() ([]identity.ID, error) {
	var list []identity.ID
	for _, text := range p.Allow {
		id, err := identity.ParseID(text)
		if err != nil {
			return nil, fmt.Errorf("peers.allow: %w", err)
		}
		list = append(list, id)
	}
	return list, nil
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
