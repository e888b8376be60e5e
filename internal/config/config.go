package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"go.yaml.in/yaml/v3"
)

// DefaultPath is where the agent looks for its configuration.
const DefaultPath = "/etc/dropwatch/agent.yaml"

// A Config says what the agent runs. Read fills in what is not in the file.
type Config struct {
	// Host is the name that peers see; empty means the kernel's.
	Host string `yaml:"host"`
	// Interval is the time between two records.
	Interval time.Duration `yaml:"interval"`
	Drops    Drops         `yaml:"drops"`
	Status   Status        `yaml:"status"`
	Peers    Peers         `yaml:"peers"`
	State    State         `yaml:"state"`
	Metrics  Metrics       `yaml:"metrics"`
	Alerts   Alerts        `yaml:"alerts"`
	History  History       `yaml:"history"`
}

// Drops is the drop monitor.
type Drops struct {
	Enabled bool     `yaml:"enabled"`
	Source  string   `yaml:"source"` // as --source
	NetNS   []string `yaml:"netns"`
	Filter  string   `yaml:"filter"`
	// Top is the most rows of a report that go to peers.
	Top int `yaml:"top"`
	// Window is the time that a report tells of: each record tells of the
	// drops of all intervals that ended in it.
	Window time.Duration `yaml:"window"`
}

// Status is what the host tells about itself.
type Status struct {
	Enabled bool `yaml:"enabled"`
}

// Role is what a host does among its peers.
type Role string

// Roles.
const (
	Mute      Role = "mute"      // sends, and listens at nothing
	Peer      Role = "peer"      // sends and receives
	Collector Role = "collector" // receives from all
)

// Peers is the exchange with other hosts.
type Peers struct {
	Enabled bool `yaml:"enabled"`
	Role    Role `yaml:"role"`
	// Bind is where a peer or collector listens, ADDRESS:PORT.
	Bind string `yaml:"bind"`
	// Collectors are those that a record is sent to, HOST:PORT.
	Collectors []string `yaml:"collectors"`
	// Join are members to begin with, HOST:PORT.
	Join []string `yaml:"join"`
	// KeyFile holds the keys of the cluster; see dropwatch cluster key.
	KeyFile string `yaml:"key_file"`
	// Insecure lets records travel in clear.
	Insecure bool `yaml:"insecure"`
	// Networks are those that packets are taken from; empty means all.
	Networks []string `yaml:"networks"`
	// FirstUse accepts the key of a host that was never heard before; otherwise
	// only those in Allow are heard.
	FirstUse bool     `yaml:"first_use"`
	Allow    []string `yaml:"allow"`
	// DownAfter is how many intervals without a record make a host count as
	// down.
	DownAfter int `yaml:"down_after"`
	// Expire is when a host that is down is forgotten.
	Expire time.Duration `yaml:"expire"`
	// MaxHosts bounds what is stored.
	MaxHosts int `yaml:"max_hosts"`
}

// State is where things are kept.
type State struct {
	Identity string `yaml:"identity"` // directory of the host key
	Peers    string `yaml:"peers"`    // directory of what peers said
}

// Metrics is for Prometheus.
type Metrics struct {
	Address string `yaml:"address"` // empty serves none
}

// Default is what a file that says nothing means.
func Default() Config {
	c := Config{
		Interval: 10 * time.Second,
		Drops:    Drops{Enabled: true, Source: "auto", Top: 20, Window: time.Minute},
		Status:   Status{Enabled: true},
		Peers: Peers{
			Role: Mute, Bind: "0.0.0.0:1513", FirstUse: true,
			DownAfter: 3, Expire: 7 * 24 * time.Hour, MaxHosts: 4096,
		},
		History: History{Enabled: true},
		State:   State{Identity: systemIdentity, Peers: systemPeers},
	}
	if os.Getuid() != 0 {
		c.State.Identity, c.State.Peers = ownDirectories()
	}
	return c
}

// maxBytes bounds a configuration.
const maxBytes = 1 << 20

// Load reads the file at a path.
func Load(path string) (Config, error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return Config{}, fmt.Errorf("read configuration: %w; write one, or name another with --config", err)
	}
	if err != nil {
		return Config{}, fmt.Errorf("read configuration: %w", err)
	}
	defer file.Close()
	c, err := Read(file)
	if err != nil {
		return Config{}, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// Read reads a configuration and checks it. Errors name the line.
func Read(r io.Reader) (Config, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return Config{}, fmt.Errorf("read configuration: %w", err)
	}
	if len(text) > maxBytes {
		return Config{}, fmt.Errorf("read configuration: it has more than %d bytes", maxBytes)
	}
	c := Default()
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&c); err != nil && !errors.Is(err, io.EOF) { // an empty file says nothing
		return Config{}, plain(err)
	}
	var second yaml.Node
	if err := d.Decode(&second); err == nil {
		return Config{}, fmt.Errorf("line %d: a second document; the configuration is one", second.Line)
	}
	return c, c.check()
}
