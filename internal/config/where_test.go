package config

import (
	"os"
	"path/filepath"
	"testing"
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
