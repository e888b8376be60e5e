package netdm

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMarker(t *testing.T) {
	path := filepath.Join(t.TempDir(), "marker")
	if _, err := claimMarker(path, false); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("there is none, but %v", err)
	}
	m, err := claimMarker(path, true)
	must(t, err)
	held := func() {
		t.Helper()
		if _, err := claimMarker(path, true); !errors.Is(err, errHeld) {
			t.Fatalf("got %v, want errHeld", err)
		}
	}
	held()
	want := record{PID: 7, Boot: "b", Software: true, After: Settings{Mode: Packets, Queue: 3}}
	must(t, m.write(want))
	held()
	must(t, m.write(want))
	held()
	m.leave()

	m, err = claimMarker(path, false)
	must(t, err)
	if got, ok := m.read("b"); !ok || got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for _, boot := range []string{"", "c"} {
		if got, ok := m.read(boot); ok {
			t.Errorf("boot %q: got %+v", boot, got)
		}
	}
	must(t, m.remove())
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
}

// A marker that another process has put there is not removed.
func TestMarkerReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "marker")
	m, err := claimMarker(path, true)
	must(t, err)
	thief := &marker{path: path}
	must(t, thief.write(record{PID: 1, Software: true}))
	if m.current() || !thief.current() {
		t.Error("the old marker is still the current one")
	}
	must(t, m.remove())
	must(t, thief.remove())
}

func TestMarkerIsNoLink(t *testing.T) {
	directory := t.TempDir()
	target, path := filepath.Join(directory, "precious"), filepath.Join(directory, "marker")
	must(t, os.WriteFile(target, []byte("text"), 0o600))
	must(t, os.Symlink(target, path))
	if _, err := claimMarker(path, true); err == nil {
		t.Error("a link was followed")
	}
}

func TestRuntimeDirectory(t *testing.T) {
	for _, test := range []struct {
		user             int
		service, session string
		want             string
	}{
		{0, "", "", "/run/dropwatch"},
		{0, "", "/run/user/0", "/run/dropwatch"},
		{0, "/run/a:/run/b", "", "/run/a"},
		{5, "/run/a", "/run/user/5", "/run/a"},
		{5, "", "/run/user/5", "/run/user/5/dropwatch"},
		{5, "relative", "relative", ""},
		{5, "", "", ""},
	} {
		got, err := runtimeDirectory(test.user, func(name string) string {
			return map[string]string{"RUNTIME_DIRECTORY": test.service, "XDG_RUNTIME_DIR": test.session}[name]
		})
		if got != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%+v: got %q, %v", test, got, err)
		}
	}
}

func FuzzDecodeRecord(f *testing.F) {
	f.Add([]byte(`{"PID":1,"Boot":"x","Software":true,"Before":{"Mode":0,"Queue":1000},"After":{"Mode":1,"Queue":5}}`))
	f.Add([]byte(`{"Software":true,"After":{"Mode":2}}`))
	f.Add([]byte(strings.Repeat(" ", maxRecord+1)))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := decodeRecord(text)
		if err != nil {
			return
		}
		if !r.Software && !r.Hardware || r.Before.Mode > Packets || r.After.Mode > Packets || len(text) > maxRecord {
			t.Errorf("accepted %+v", r)
		}
	})
}
