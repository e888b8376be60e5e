package shell

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func readHistory(t *testing.T, path string) []string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
}

// openedHistory opens a history as a shell does and returns what it warned of.
func openedHistory(t *testing.T, path string) (*history, string) {
	t.Helper()
	var errs strings.Builder
	s, err := New(Config{HistoryFile: path, Err: &errs})
	if err != nil {
		t.Fatal(err)
	}
	return s.openHistory(), errs.String()
}

func TestHistoryModes(t *testing.T) {
	top := t.TempDir()
	path := filepath.Join(top, "a", "b", "history")
	h, warning := openedHistory(t, path)
	if err := h.add("stop"); err != nil || warning != "" {
		t.Fatalf("add: %v, warning %q", err, warning)
	}
	want := map[string]os.FileMode{"a": 0o700, "a/b": 0o700, "a/b/history": 0o600}
	for name, mode := range want {
		info, err := os.Stat(filepath.Join(top, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != mode {
			t.Errorf("%s has mode %o, want %o", name, info.Mode().Perm(), mode)
		}
	}
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
	openedHistory(t, path)
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("an old file keeps mode %o", info.Mode().Perm())
	}
}

func TestHistoryRefused(t *testing.T) {
	const good = "stop\n"
	tests := map[string]struct {
		prepare func(t *testing.T, dir, path string)
		want    string
	}{
		"group may write": {func(t *testing.T, dir, _ string) { must(t, os.Chmod(dir, 0o770)) }, "others may write to it"},
		"all may write":   {func(t *testing.T, dir, _ string) { must(t, os.Chmod(dir, 0o707)) }, "others may write to it"},
		"foreign directory": {func(t *testing.T, dir, _ string) {
			asRoot(t)
			must(t, os.Chown(dir, 12345, -1))
		}, "belongs to another user"},
		"foreign file": {func(t *testing.T, _, path string) {
			asRoot(t)
			must(t, os.Chown(path, 12345, -1))
		}, "belongs to another user"},
		"symbolic link": {func(t *testing.T, _, path string) {
			must(t, os.Rename(path, path+".other"))
			must(t, os.Symlink(path+".other", path))
		}, "it is a symbolic link"},
		"directory in its place": {func(t *testing.T, _, path string) {
			must(t, os.Remove(path))
			must(t, os.Mkdir(path, 0o700))
		}, "is a directory"},
		"parent is a file": {func(t *testing.T, dir, path string) {
			must(t, os.RemoveAll(dir))
			must(t, os.WriteFile(dir, nil, 0o600))
		}, "not a directory"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "state")
			path := filepath.Join(dir, "history")
			must(t, os.Mkdir(dir, 0o700))
			must(t, os.WriteFile(path, []byte(good), 0o600))
			test.prepare(t, dir, path)
			h, warning := openedHistory(t, path)
			if !strings.Contains(warning, test.want) || strings.Count(warning, "\n") != 1 {
				t.Errorf("warning %q, want one line with %q", warning, test.want)
			}
			if len(h.lines) > 0 {
				t.Errorf("lines %q were read", h.lines)
			}
			if err := h.add("later"); err != nil {
				t.Errorf("second warning: %v", err)
			}
			if diff := cmp.Diff([]string{"later"}, h.lines); diff != "" {
				t.Errorf("history in memory (-want +got):\n%s", diff)
			}
			for _, file := range []string{path, path + ".other"} {
				if data, err := os.ReadFile(file); err == nil && strings.Contains(string(data), "later") {
					t.Errorf("%s was written", file)
				}
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func asRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
}

// A directory that goes bad while the shell runs is told once.
func TestHistoryRefusedLater(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	h, _ := openedHistory(t, filepath.Join(dir, "history"))
	must(t, h.add("one"))
	must(t, os.Chmod(dir, 0o777))
	if err := h.add("two"); err == nil {
		t.Error("the change is not noticed")
	}
	must(t, h.add("three"))
	if diff := cmp.Diff([]string{"one", "two", "three"}, h.lines); diff != "" {
		t.Errorf("history in memory (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"one"}, readHistory(t, h.path+filepath.Join(dir, "history"))); diff != "" {
		t.Errorf("file (-want +got):\n%s", diff)
	}
}

func TestHistoryBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "history")
	must(t, os.Mkdir(filepath.Dir(path), 0o700))
	var old strings.Builder
	for i := range maxHistory + 500 {
		fmt.Fprintf(&old, "line %d\n", i)
	}
	must(t, os.WriteFile(path, []byte(old.String()), 0o600))
	h, warning := openedHistory(t, path)
	if warning != "" {
		t.Fatal(warning)
	}
	if n := len(readHistory(t, path)); n != maxHistory {
		t.Errorf("file has %d lines after opening, want %d", n, maxHistory)
	}
	must(t, h.add("newest"))
	got := readHistory(t, path)
	if len(got) != maxHistory || got[0] != "line 501" || got[maxHistory-1] != "newest" {
		t.Errorf("file has %d lines from %q to %q", len(got), got[0], got[len(got)-1])
	}
	if diff := cmp.Diff(got, h.lines); diff != "" {
		t.Errorf("memory differs from file:\n%s", diff)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("the new file has mode %o", info.Mode().Perm())
	}
}

func TestHistoryHugeFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "history")
	must(t, os.Mkdir(filepath.Dir(path), 0o700))
	line := strings.Repeat("x", 1000)
	must(t, os.WriteFile(path, []byte(strings.Repeat(line+"\n", 3000)), 0o600))
	h, _ := openedHistory(t, path)
	if len(h.lines) != maxHistory || h.lines[0] != line {
		t.Errorf("%d lines, the first of %d bytes", len(h.lines), len(h.lines[0]))
	}
}

func TestHistoryWants(t *testing.T) {
	h := &history{lines: []string{"stop"}}
	tests := map[string]bool{
		"": false, " stop": false, "\t": false, "stop": false, "start": true, "stop ": true,
		"a\x1b[31m": false, "a\xff": false, "é": true, strings.Repeat("x", maxLine+1): false,
	}
	for line, want := range tests {
		if h.wants(line) != want {
			t.Errorf("wants(%.20q) = %v, want %v", line, !want, want)
		}
	}
}

func TestHistoryConcurrent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "history")
	var wg sync.WaitGroup
	const shells, each = 4, 20
	for s := range shells {
		wg.Go(func() {
			h, warning := openedHistory(t, path)
			if warning != "" {
				t.Error(warning)
			}
			for i := range each {
				if err := h.add(fmt.Sprintf("%d %d", s, i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := len(readHistory(t, path)); n != shells*each {
		t.Errorf("%d lines, want %d", n, shells*each)
	}
}

// Whatever a file holds, only lines that could have been typed are offered.
func FuzzParseHistory(f *testing.F) {
	f.Add("stop\n\nset trunc 5\r\n secret\n\x1b[2J\n\xff")
	f.Fuzz(func(t *testing.T, text string) {
		lines := parseHistory(text)
		for _, line := range lines {
			if !keepable(line) || strings.ContainsAny(line, "\r\n\x1b") {
				t.Fatalf("line %q is offered", line)
			}
		}
		if again := parseHistory(strings.Join(lines, "\n")); !cmp.Equal(lines, again) {
			t.Fatalf("read again: %q, want %q", again, lines)
		}
	})
}

func TestHistoryPath(t *testing.T) {
	tests := map[string]struct {
		app  string
		euid int
		env  map[string]string
		want string
		err  string
	}{
		"root":               {"tool", 0, map[string]string{"HOME": "/root", "XDG_STATE_HOME": "/x"}, "/var/lib/tool/history", ""},
		"user":               {"tool", 7, map[string]string{"HOME": "/home/u"}, "/home/u/.local/state/tool/history", ""},
		"XDG":                {"tool", 7, map[string]string{"HOME": "/home/u", "XDG_STATE_HOME": "/s"}, "/s/tool/history", ""},
		"relative XDG":       {"tool", 7, map[string]string{"HOME": "/home/u", "XDG_STATE_HOME": "s"}, "/home/u/.local/state/tool/history", ""},
		"no home":            {"tool", 7, nil, "", "find history: no home directory; set HOME or XDG_STATE_HOME"},
		"relative home":      {"tool", 7, map[string]string{"HOME": "u"}, "", "find history: no home directory; set HOME or XDG_STATE_HOME"},
		"home in /tmp":       {"tool", 7, map[string]string{"HOME": "/tmp"}, "", "find history: /tmp is open to everybody; set HOME or XDG_STATE_HOME to another directory"},
		"XDG below /var/tmp": {"tool", 7, map[string]string{"XDG_STATE_HOME": "/x/../var/tmp/u"}, "", "find history: /var/tmp is open to everybody; set HOME or XDG_STATE_HOME to another directory"},
		"like /tmp":          {"tool", 7, map[string]string{"HOME": "/tmpfs/u"}, "/tmpfs/u/.local/state/tool/history", ""},
		"bad name":           {"a/b", 0, nil, "", `find history: bad application name "a/b"`},
		"empty name":         {"", 0, nil, "", `find history: bad application name ""`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := HistoryPath(test.app, test.euid, func(key string) string { return test.env[key] })
			if got != test.want || errorText(err) != test.err {
				t.Errorf("HistoryPath = %q, %q; want %q, %q", got, errorText(err), test.want, test.err)
			}
		})
	}
}
