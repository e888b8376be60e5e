package config

import (
	"fmt"
	"os"
	"os/user"
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
	return existing(c.HistoryDirectory(), filepath.Join(systemIdentity, historyName))
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

// ownDirectories are those of somebody who is not root.
func ownDirectories() (identity, peers string) {
	state := os.Getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(state) { // then it does not count
		state = filepath.Join(home(), ".local", "state")
	}
	run := os.Getenv("XDG_RUNTIME_DIR")
	if !filepath.IsAbs(run) {
		run = state
	}
	return filepath.Join(state, "dropwatch"), filepath.Join(run, "dropwatch", "peers")
}

// home is a directory of this user alone, also where nobody has logged in.
func home() string {
	if home, err := os.UserHomeDir(); err == nil && filepath.IsAbs(home) {
		return home
	}
	if u, err := user.Current(); err == nil && filepath.IsAbs(u.HomeDir) {
		return u.HomeDir
	}
	return filepath.Join(os.TempDir(), fmt.Sprintf("dropwatch-%d", os.Getuid()))
}
