package config

import (
	"os"
	"path/filepath"
)

// Directories of the agent of a host, as opposed to one of a user.
const (
	systemIdentity = "/var/lib/dropwatch"
	systemPeers    = "/run/dropwatch/peers"
)

// ReadPeers is where to look for what peers told: at the user's own agent, if
// there is or was one, else at that of the host.
func ReadPeers() string { return existing(Default().State.Peers, systemPeers) }

// ReadHistory is where to look for the past, likewise.
func ReadHistory() string {
	c := Default()
	return existing(c.HistoryDirectory(), filepath.Join(systemIdentity, "history"))
}

func existing(own, system string) string {
	if _, err := os.Stat(own); err == nil {
		return own
	}
	if _, err := os.Stat(system); err == nil {
		return system
	}
	return own
}
