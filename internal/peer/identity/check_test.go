package identity

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Check finds what the start would, and leaves all as it is.
func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name, want string
		change     func(dir, key string) error
	}{
		{"good", "", func(string, string) error { return nil }},
		{"no key yet", "", func(_, key string) error { return os.Remove(key) }},
		{"nothing yet", "", func(dir, _ string) error { return os.RemoveAll(dir) }},
		{"others can read", "chmod 600", func(_, key string) error { return os.Chmod(key, 0o644) }},
		{"others can replace", "chmod 700", func(dir, _ string) error { return os.Chmod(dir, 0o777) }},
		{"cut", "restore", func(_, key string) error { return os.Truncate(key, 40) }},
		{"no number", "not a number", func(dir, _ string) error { return os.WriteFile(filepath.Join(dir, epochFile), []byte("x"), 0o600) }},
		{"a file", "is no directory", func(dir, _ string) error {
			if err := os.RemoveAll(dir); err != nil {
				return err
			}
			return os.WriteFile(dir, nil, 0o600)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "identity")
			if _, err := LoadOrCreate(dir); err != nil {
				t.Fatal(err)
			}
			if err := c.change(dir, filepath.Join(dir, keyFile)); err != nil {
				t.Fatal(err)
			}
			before := listing(dir)
			if err := Check(dir); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if diff := cmp.Diff(before, listing(dir)); diff != "" {
				t.Error(diff)
			}
		})
	}
	known := filepath.Join(t.TempDir(), "known")
	if err := CheckKnown(known); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(known, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := CheckKnown(known); err == nil || !strings.Contains(err.Error(), "not whole") {
		t.Error(err)
	}
}

// listing is what is below a path.
func listing(path string) []string {
	names := []string{path}
	if _, err := os.Lstat(path); err != nil {
		names = nil
	}
	entries, _ := os.ReadDir(path)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
