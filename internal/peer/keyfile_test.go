package peer

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestKeys(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	keys := [][]byte{NewKey(), NewKey()}
	if err := SaveKeys(path, keys); err != nil {
		t.Fatal(err)
	}
	got, err := LoadKeys(path)
	if diff := cmp.Diff(keys, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("left: %v, %v", left, err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadKeys(path); err == nil || !strings.Contains(err.Error(), "chmod 600 "+path) {
		t.Errorf("a key that others can read: %v", err)
	}
	if _, err := LoadKeys(path + "x"); err == nil || !strings.Contains(err.Error(), "dropwatch cluster key generate") {
		t.Errorf("no file: %v", err)
	}
	if err := SaveKeys("/no/such/directory/keys", keys); err == nil {
		t.Error("written into no directory")
	}
}

func TestParseKeysErrors(t *testing.T) {
	good := FormatKey(key(1))
	for text, want := range map[string]string{
		"":                                 "there is no key in it",
		"# nothing\n\n":                    "there is no key in it",
		good + "\nsecret!":                 "line 2: want the base64 of 32 bytes",
		good[:40]:                          "line 1: want",
		good + "\n" + good:                 "line 2: the same key again",
		strings.Repeat("#", maxKeysFile+1): "more than 65536 bytes",
		strings.Join(manyKeys(17), "\n"):   "17 keys, at most 16",
	} {
		_, err := parseKeys([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%.60q: %v, want %q", text, err, want)
		}
	}
}

func manyKeys(n int) (list []string) {
	for i := range n {
		list = append(list, FormatKey(key(byte(i))))
	}
	return list
}

func FuzzParseKeys(f *testing.F) {
	f.Add([]byte(FormatKey(key(1)) + "\n# comment\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		keys, err := parseKeys(text)
		if err == nil && (len(keys) == 0 || len(keys) > maxKeys) {
			t.Errorf("%d keys", len(keys))
		}
	})
}
