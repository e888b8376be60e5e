package identity

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func keyOf(n byte) ed25519.PublicKey {
	return ed25519.NewKeyFromSeed(append(make([]byte, 31), n)).Public().(ed25519.PublicKey)
}

func openKnown(t testing.TB, path string, policy Policy) *Known {
	t.Helper()
	k, err := OpenKnown(path, policy)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestAccept(t *testing.T) {
	allow := []ID{IDOf(keyOf(1)), IDOf(keyOf(2))}
	for _, c := range []struct {
		name   string
		policy Policy
		host   string
		key    byte
		want   error
	}{
		{"again", Policy{FirstUse: true}, "one", 1, nil},
		{"new", Policy{FirstUse: true}, "two", 2, nil},
		{"changed key", Policy{FirstUse: true}, "one", 2, ErrChanged},
		{"changed name", Policy{FirstUse: true}, "uno", 1, nil},
		{"no name", Policy{FirstUse: true}, "", 2, ErrName},
		{"long name", Policy{FirstUse: true}, strings.Repeat("x", 300), 2, ErrName},
		{"known without first use", Policy{}, "one", 1, nil},
		{"new without first use", Policy{}, "two", 2, ErrNotKnown},
		{"full", Policy{FirstUse: true, MaxHosts: 1}, "two", 2, ErrTooMany},
		{"known when full", Policy{FirstUse: true, MaxHosts: 1}, "one", 1, nil},
		{"allowed", Policy{Allow: allow}, "two", 2, nil},
		{"allowed with the name of another", Policy{Allow: allow}, "one", 2, ErrChanged},
		{"not allowed", Policy{FirstUse: true, Allow: allow}, "three", 3, ErrNotAllowed},
		{"known and not allowed any more", Policy{FirstUse: true, Allow: allow[1:]}, "one", 1, ErrNotAllowed},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "known")
			before := openKnown(t, path, Policy{FirstUse: true})
			if err := errors.Join(before.Accept("one", keyOf(1)), before.Save()); err != nil {
				t.Fatal(err)
			}
			k := openKnown(t, path, c.policy)
			if err := k.Accept(c.host, keyOf(c.key)); !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			host, ok := k.Lookup(IDOf(keyOf(c.key)))
			if ok != (c.want == nil) && !errors.Is(c.want, ErrChanged) || ok && host.Name != c.host {
				t.Errorf("lookup: %v, %v", host, ok)
			}
		})
	}
}

func TestKnownAreSaved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "known")
	k := openKnown(t, path, Policy{FirstUse: true})
	if err := k.Save(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("nothing changed and a file was written")
	}
	for i := range byte(20) {
		if err := k.Accept(fmt.Sprintf("host \"%d\"\n é", i), keyOf(i)); err != nil {
			t.Fatal(err)
		}
	}
	if !k.Forget(IDOf(keyOf(3))) || k.Forget(IDOf(keyOf(3))) {
		t.Error("forget")
	}
	if err := k.Save(); err != nil {
		t.Fatal(err)
	}
	again := openKnown(t, path, Policy{})
	if diff := cmp.Diff(k.Hosts(), again.Hosts()); diff != "" || len(again.Hosts()) != 19 {
		t.Error(diff)
	}
	if id, ok := again.Owner("host \"4\"\n é"); !ok || id != IDOf(keyOf(4)) {
		t.Errorf("owner: %v", id)
	}
	if err := again.Accept("host \"3\"\n é", keyOf(9)); err != nil { // the name is free
		t.Error(err)
	}
}

func TestBrokenKnownHosts(t *testing.T) {
	whole := string(formatHosts([]Host{{IDOf(keyOf(1)), "a", keyOf(1)}, {IDOf(keyOf(2)), "b", keyOf(2)}}))
	if hosts, err := parseHosts([]byte(whole)); err != nil || len(hosts) != 2 {
		t.Fatalf("%v, %v", hosts, err)
	}
	for i := range whole {
		if _, err := parseHosts([]byte(whole[:i])); err == nil {
			t.Errorf("cut to %d bytes and taken", i)
		}
	}
	for name, bad := range map[string]string{
		"line gone":   strings.Join(append(strings.SplitAfter(whole, "\n")[:1], strings.SplitAfter(whole, "\n")[2:]...), ""),
		"twice":       strings.Replace(whole, `"b"`, `"a"`, 1),
		"no name":     strings.Replace(whole, `"a"`, `""`, 1),
		"raw name":    strings.Replace(whole, `"a"`, "`a`", 1),
		"swapped ids": strings.Replace(strings.Replace(whole, `"a" `+IDOf(keyOf(1)).String(), `"a" `+IDOf(keyOf(2)).String(), 1), `"b" `+IDOf(keyOf(2)).String(), `"b" `+IDOf(keyOf(1)).String(), 1),
	} {
		path := filepath.Join(t.TempDir(), "known")
		if err := os.WriteFile(path, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenKnown(path, Policy{FirstUse: true}); err == nil || !strings.Contains(err.Error(), "restore") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParseHosts(f *testing.F) {
	f.Add(formatHosts(nil))
	f.Add(formatHosts([]Host{{IDOf(keyOf(1)), "a", keyOf(1)}, {IDOf(keyOf(2)), "b \n\xff", keyOf(2)}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		hosts, err := parseHosts(data)
		if err != nil {
			return
		}
		again, err := parseHosts(formatHosts(hosts))
		if diff := cmp.Diff(hosts, again); err != nil || diff != "" {
			t.Fatal(err, diff)
		}
	})
}

// TestReplaceFileKeepsTheOldOne holds it for a directory in which nothing can
// be made.
func TestReplaceFileKeepsTheOldOne(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	if err := ReplaceFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "b"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := ReplaceFile(filepath.Join(dir, "b"), []byte("new"), 0o600); err == nil {
		t.Error("a directory was replaced")
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Errorf("%v, %v: an unfinished file stays", entries, err)
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "old" {
		t.Errorf("%q, %v", data, err)
	}
}
