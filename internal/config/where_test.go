package config

import (
	"os"
	"path/filepath"
	"testing"

	"dropwatch/shell"
)

func TestExisting(t *testing.T) {
	dir := t.TempDir()
	own, system := filepath.Join(dir, "own"), filepath.Join(dir, "system")
	check := func(want string) {
		t.Helper()
		if got := existing(own, system); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	check(own) // so that the message names what the user could make
	for _, step := range []struct{ make, want string }{{system, system}, {own, own}} {
		if err := os.Mkdir(step.make, 0o755); err != nil {
			t.Fatal(err)
		}
		check(step.want)
	}
}

// The shell's file does not stand where the directory is made.
func TestHistoryIsNotTheShells(t *testing.T) {
	for _, c := range []Config{Default(), {State: State{Identity: systemIdentity}}} {
		typed, err := shell.HistoryPath("dropwatch", 0, os.Getenv)
		if err != nil {
			t.Fatal(err)
		}
		if directory := c.HistoryDirectory(); directory == typed || filepath.Base(directory) == filepath.Base(typed) {
			t.Errorf("%s is that of the shell", directory)
		}
	}
}

// Without any variables each user has directories of their own.
func TestOwnDirectories(t *testing.T) {
	home := t.TempDir()
	for _, test := range []struct{ home, state, run, identity, peers string }{
		{home, "", "", home + "/.local/state/dropwatch", home + "/.local/state/dropwatch/peers"},
		{home, "/s", "/r", "/s/dropwatch", "/r/dropwatch/peers"},
		{home, "s", "r", home + "/.local/state/dropwatch", home + "/.local/state/dropwatch/peers"},
	} {
		t.Setenv("HOME", test.home)
		t.Setenv("XDG_STATE_HOME", test.state)
		t.Setenv("XDG_RUNTIME_DIR", test.run)
		if identity, peers := ownDirectories(); identity != test.identity || peers != test.peers {
			t.Errorf("%+v: %s and %s", test, identity, peers)
		}
	}
	t.Setenv("HOME", "")
	if identity, peers := ownDirectories(); !filepath.IsAbs(identity) || identity == filepath.Join(os.TempDir(), ".local/state/dropwatch") {
		t.Errorf("without a home: %s and %s", identity, peers)
	}
}
