package shell

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// HistoryPath returns where an application keeps the history of a user with the
// given effective user number: /var/lib/APP/history for root, else below
// XDG_STATE_HOME or, without it, below ~/.local/state. It fails when the
// environment names no home directory, or one that everybody can write to.
func HistoryPath(app string, euid int, getenv func(string) string) (string, error) {
	if app == "" || app == "." || app == ".." || strings.ContainsAny(app, "/\x00") {
		return "", fmt.Errorf("find history: bad application name %q", app)
	}
	if euid == 0 {
		return filepath.Join("/var/lib", app, "history"), nil
	}
	// A relative directory would follow the user around: the standard says to
	// ignore it.
	state := getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(state) {
		home := getenv("HOME")
		if !filepath.IsAbs(home) {
			return "", errors.New("find history: no home directory; set HOME or XDG_STATE_HOME")
		}
		state = filepath.Join(home, ".local/state")
	}
	for _, shared := range []string{"/tmp", "/var/tmp", "/dev/shm"} {
		if rest, ok := strings.CutPrefix(filepath.Clean(state), shared); ok && (rest == "" || rest[0] == '/') {
			return "", fmt.Errorf("find history: %s is open to everybody; set HOME or XDG_STATE_HOME to another directory", shared)
		}
	}
	return filepath.Join(state, app, "history"), nil
}
