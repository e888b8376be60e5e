package identity

import (
	"crypto/ed25519"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestKeyIsMadeOnce(t *testing.T) {
	old := unix.Umask(0)
	defer unix.Umask(old)
	dir := filepath.Join(t.TempDir(), "var", "state")
	first, err := LoadOrCreate(dir)
	if err != nil {
		t.Fatal(err)
	}
	again, err := LoadOrCreate(dir)
	if err != nil || !again.Private.Equal(first.Private) || again.ID != first.ID {
		t.Errorf("second start: %v, %v", again, err)
	}
	if first.ID != IDOf(first.Private.Public().(ed25519.PublicKey)) {
		t.Error("id is not that of the key")
	}
	for name, want := range map[string]os.FileMode{dir: 0o711 | os.ModeDir, filepath.Join(dir, keyFile): 0o600} {
		if info, err := os.Stat(name); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}

func TestStartsAtTheSameTimeGetTheSameKey(t *testing.T) {
	dir := t.TempDir()
	var ids [8]ID
	var all sync.WaitGroup
	for i := range ids {
		all.Go(func() {
			key, err := LoadOrCreate(dir)
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = key.ID
		})
	}
	all.Wait()
	for _, id := range ids {
		if id != ids[0] || id.IsZero() {
			t.Fatalf("got %v", ids)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("%d files, %v", len(entries), err)
	}
}

func TestKeyIsRefused(t *testing.T) {
	for _, c := range []struct {
		name, want string
		change     func(dir, key string) error
	}{
		{"others can read", "chmod 600", func(_, key string) error { return os.Chmod(key, 0o644) }},
		{"group can read", "chmod 600", func(_, key string) error { return os.Chmod(key, 0o640) }},
		{"others can replace", "chmod 700", func(dir, _ string) error { return os.Chmod(dir, 0o777) }},
		{"cut", "restore", func(_, key string) error { return os.Truncate(key, 40) }},
		{"empty", "restore", func(_, key string) error { return os.Truncate(key, 0) }},
		{"large", "no key", func(_, key string) error { return os.Truncate(key, 1<<30) }},
		{"a link", "too many levels", func(_, key string) error {
			if err := os.Rename(key, key+".real"); err != nil {
				return err
			}
			return os.Symlink(key+".real", key)
		}},
		{"a pipe", "regular", func(_, key string) error {
			if err := os.Remove(key); err != nil {
				return err
			}
			return unix.Mkfifo(key, 0o600)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if _, err := LoadOrCreate(dir); err != nil {
				t.Fatal(err)
			}
			if err := c.change(dir, filepath.Join(dir, keyFile)); err != nil {
				t.Fatal(err)
			}
			if key, err := LoadOrCreate(dir); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, %v", key, err)
			}
		})
	}
}

// TestRootOwner holds that the key of another user is not used.
func TestRootOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		if os.Getenv("VMTEST") != "" {
			t.Fatal("not root")
		}
		t.Skip("giving a file away needs root")
	}
	dir := t.TempDir()
	if _, err := LoadOrCreate(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(filepath.Join(dir, keyFile), 65534, 65534); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadOrCreate(dir); err == nil || !strings.Contains(err.Error(), "chown 0 ") {
		t.Errorf("key of another user: %v", err)
	}
}

func TestID(t *testing.T) {
	id := IDOf(ed25519.NewKeyFromSeed(make([]byte, 32)).Public().(ed25519.PublicKey))
	text := id.String()
	if got, err := ParseID(text); err != nil || got != id {
		t.Errorf("%s: got %v, %v", text, got, err)
	}
	for _, bad := range []string{"", "dw1-", text + "a", text[:29], strings.ToUpper(text), "dw2" + text[3:], text[:29] + "z", text[:10] + "/" + text[11:]} {
		if got, err := ParseID(bad); err == nil {
			t.Errorf("%q is taken for %v", bad, got)
		}
	}
}

func FuzzParseID(f *testing.F) {
	f.Add(ID{1, 2, 3}.String())
	f.Add("dw1-../../../../../etc/passwd")
	f.Fuzz(func(t *testing.T, text string) {
		if id, err := ParseID(text); err == nil && id.String() != text {
			t.Errorf("%q is read as %v", text, id)
		}
	})
}

func TestEpochRises(t *testing.T) {
	dir := t.TempDir()
	now := time.Unix(1790000000, 0)
	for _, c := range []struct {
		name string
		now  time.Time
		want uint64
	}{
		{"first start", now, 1790000000},
		{"at once again", now, 1790000001},
		{"clock was set back", now.Add(-24 * time.Hour), 1790000002},
		{"no clock at boot", time.Unix(-5, 0), 1790000003},
		{"later", now.Add(time.Minute), 1790000060},
	} {
		got, err := NextEpoch(dir, c.now)
		if err != nil || got != c.want {
			t.Errorf("%s: got %d, %v, want %d", c.name, got, err, c.want)
		}
	}
	path := filepath.Join(dir, epochFile)
	if err := os.Remove(path); err != nil { // lost
		t.Fatal(err)
	}
	if got, err := NextEpoch(dir, now.Add(time.Hour)); err != nil || got != 1790003600 {
		t.Errorf("lost number: %d, %v", got, err)
	}
	for _, bad := range []string{"", "x", "18446744073709551615", "1790000000 5", strings.Repeat("1", 100)} {
		if err := os.WriteFile(path, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := NextEpoch(dir, now); err == nil || got != 1790000000 {
			t.Errorf("%q: %d, %v", bad, got, err)
		}
	}
	if got, err := NextEpoch(filepath.Join(dir, "none"), now); err == nil || got != 1790000000 {
		t.Errorf("no directory: %d, %v", got, err)
	}
}
