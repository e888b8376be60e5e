package agent

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dropwatch/internal/alert/action"
	"dropwatch/internal/config"
)

// TestCheck: what would never run is found before the start, and nothing is made.
func TestCheck(t *testing.T) {
	for _, test := range []struct {
		name, want string
		change     func(c *config.Config) error
	}{
		{"good", "", func(*config.Config) error { return nil }},
		{"no keys", "no such file or directory; make them with: dropwatch cluster key generate", func(c *config.Config) error { return os.Remove(c.Peers.KeyFile) }},
		{"keys for all", "others may read", func(c *config.Config) error { return os.Chmod(c.Peers.KeyFile, 0o640) }},
		{"half a key", "line 1: want the base64", func(c *config.Config) error { return os.Truncate(c.Peers.KeyFile, 10) }},
		{"no keys wanted", "", func(c *config.Config) error {
			c.Peers.Insecure = true
			return os.Remove(c.Peers.KeyFile)
		}},
		{"identity for all", "others can write to", func(c *config.Config) error {
			// whatever the umask is
			return errors.Join(os.Mkdir(c.State.Identity, 0o700), os.Chmod(c.State.Identity, 0o777))
		}},
		{"no directory", "state.peers: ", func(c *config.Config) error {
			return os.WriteFile(c.State.Peers, nil, 0o600)
		}},
		{"no directory above", "state.peers: make ", func(c *config.Config) error {
			c.State.Peers = filepath.Join(c.Peers.KeyFile, "peers")
			return nil
		}},
		{"no history", "history.directory: ", func(c *config.Config) error {
			c.History.Directory = c.Peers.KeyFile
			return nil
		}},
		{"no history wanted", "", func(c *config.Config) error {
			c.History.Enabled, c.History.Directory = false, c.Peers.KeyFile
			return nil
		}},
		{"broken marks", "read marks of hosts: ", func(c *config.Config) error {
			if err := os.Mkdir(c.State.Identity, 0o700); err != nil {
				return err
			}
			return os.WriteFile(marks(c), []byte("x"), 0o600)
		}},
		{"no program", `alerts: action "page": exec: "/no/such"`, func(c *config.Config) error {
			c.Alerts.Actions = map[string]action.Action{"page": {Command: []string{"/no/such"}}}
			return nil
		}},
		{"no header", `alerts: action "chat": header_file: `, func(c *config.Config) error {
			c.Alerts.Actions = map[string]action.Action{"chat": {Webhook: action.Webhook{URL: "http://127.0.0.1/", HeaderFile: "/no/such"}}}
			return nil
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := member(t, quick(t, "a"), newKeys(t), config.Collector)
			if err := test.change(&c); err != nil {
				t.Fatal(err)
			}
			top := filepath.Dir(c.State.Identity)
			before := tree(t, top)
			err := Check(c)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if diff := cmp.Diff(before, tree(t, top)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// tree is all that is below a directory, with what would show that it was written.
func tree(t *testing.T, top string) []string {
	t.Helper()
	var list []string
	err := filepath.WalkDir(top, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err == nil {
			list = append(list, path+info.ModTime().String()+info.Mode().String())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}
