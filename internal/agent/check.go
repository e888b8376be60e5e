package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"

	"dropwatch/internal/alert/action"
	"dropwatch/internal/config"
	"dropwatch/internal/peer"
	"dropwatch/internal/peer/admit"
	"dropwatch/internal/peer/identity"
)

// Check finds what would keep an agent, or one of its parts, from ever running
// with a configuration that is right by itself: keys that are missing or that others
// may read, directories that cannot be made, programs that are not there. It
// changes nothing, and should be called by the user who will run the agent. All that
// is found is in the error, a line each.
func Check(c config.Config) error {
	errs := []error{
		identity.Check(c.State.Identity),
		checkDirectory("state.identity", c.State.Identity),
		checkDirectory("state.peers", c.State.Peers),
	}
	if _, err := os.Stat(c.HistoryDirectory()); c.History.Enabled && (err == nil || c.History.Directory != "") {
		errs = append(errs, checkDirectory("history.directory", c.HistoryDirectory())) // else it is made in state.identity
	}
	if c.Peers.Enabled && !c.Peers.Insecure {
		_, err := peer.LoadKeys(c.Peers.KeyFile)
		errs = append(errs, err)
	}
	if c.Peers.Enabled && c.Peers.Role != config.Mute {
		errs = append(errs, identity.CheckKnown(knownHosts(&c)), admit.CheckMarks(marks(&c)))
	}
	return errors.Join(append(errs, checkActions(&c)...)...)
}

// checkDirectory looks whether files can be made in a directory, or it itself.
func checkDirectory(key, path string) error {
	at := path
	for {
		info, err := os.Stat(at)
		if (errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR)) && filepath.Dir(at) != at {
			at = filepath.Dir(at)
			continue
		}
		if err == nil && !info.IsDir() {
			err = fmt.Errorf("%s is no directory", at)
		}
		if err == nil {
			err = unix.Faccessat(unix.AT_FDCWD, at, unix.W_OK|unix.X_OK, unix.AT_EACCESS)
		}
		switch {
		case err == nil:
			return nil
		case at == path:
			return fmt.Errorf("%s: write to %s: %w", key, path, err)
		}
		return fmt.Errorf("%s: make %s in %s: %w; make it for the user of the agent, or name another one", key, path, at, err)
	}
}

// checkActions looks at the files that actions need.
func checkActions(c *config.Config) (errs []error) {
	for _, name := range slices.Sorted(maps.Keys(c.Alerts.Actions)) {
		if command := c.Alerts.Actions[name].Command; len(command) > 0 {
			if _, err := exec.LookPath(command[0]); err != nil {
				errs = append(errs, fmt.Errorf("alerts: action %q: %w", name, err))
			}
		}
		// it reads files, and does nothing without events
		only := map[string]action.Action{name: c.Alerts.Actions[name]}
		runner, err := action.NewRunner(nil, only, action.Options{Log: io.Discard})
		if err != nil {
			errs = append(errs, fmt.Errorf("alerts: %w", err))
			continue
		}
		errs = append(errs, runner.Close(context.Background()))
	}
	return errs
}
