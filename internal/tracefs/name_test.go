package tracefs

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseName(t *testing.T) {
	n := name{pid: 812, start: 574760, number: 3}
	if got, ok := parseName(n.String()); !ok || got != n {
		t.Errorf("%s: got %+v, %t", n, got, ok)
	}
	for _, text := range []string{
		"", "dropwatch", "dropwatch-1-2", "dropwatch-1-2-3-4", "dropwatch--1-2-3", "other-1-2-3", "dropwatch-x-2-3", "dropwatch-1-x-3",
		"dropwatch-1-2-x", "dropwatch-01-2-3", "dropwatch-0-2-3", "dropwatch-1-2-+3", "dropwatch-1-99999999999999999999-3", "dropwatch-1-2-3/..",
	} {
		if got, ok := parseName(text); ok {
			t.Errorf("%q: got %+v, want it left alone", text, got)
		}
	}
}

func FuzzName(f *testing.F) {
	f.Add("dropwatch-812-574760-3", "812 (a) b) R"+strings.Repeat(" 1", 30))
	f.Fuzz(func(t *testing.T, text, process string) {
		if n, ok := parseName(text); ok && n.String() != text {
			t.Errorf("%q is read as %s", text, n)
		}
		if state, _, err := parseProcess(process); err == nil && !strings.Contains(process, state) {
			t.Errorf("state %q from nowhere", state)
		}
	})
}

func TestAlive(t *testing.T) {
	stat := func(state string) string {
		return "7 (a) R b) " + state + strings.Repeat(" 1", 18) + " 5000 9 9\n"
	}
	for text, want := range map[string]bool{
		stat("S"): true, stat("R"): true, stat("Z"): false, stat("X"): false,
		strings.Replace(stat("S"), "5000", "5001", 1): false, // another process has the number
		"damaged": true, "7 (a) S 1 2": true,
	} {
		dir := t.TempDir()
		if err := os.MkdirAll(filepath.Join(dir, "7"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "7", "stat"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := (name{pid: 7, start: 5000}).alive(dir); got != want {
			t.Errorf("%q: alive %t, want %t", text, got, want)
		}
	}
	if (name{pid: 8, start: 5000}).alive(t.TempDir()) {
		t.Error("a process that is not there is alive")
	}
}

func TestOwnStart(t *testing.T) {
	start, err := startOf(proc, os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if n := (name{pid: os.Getpid(), start: start}); !n.alive(proc) {
		t.Error("we are not alive")
	}
	if n := (name{pid: os.Getpid(), start: start + 1}); n.alive(proc) {
		t.Error("we are taken for another process")
	}
}

func TestParseLost(t *testing.T) {
	text := fixture(t, "6.18", "stats")
	if lost, err := parseLost(text); err != nil || lost != 0 {
		t.Errorf("captured: got %d, %v", lost, err)
	}
	for _, change := range [][2]string{{"commit overrun: 0", "commit overrun: 30"}, {"dropped events: 0", "dropped events: 4"}, {"\noverrun: 0", "\noverrun: 200"}} {
		if !strings.Contains(text, change[0]) {
			t.Fatalf("no %q", change[0])
		}
		text = strings.Replace(text, change[0], change[1], 1)
	}
	if lost, err := parseLost(text); err != nil || lost != 234 {
		t.Errorf("got %d, %v, want 234", lost, err)
	}
	for _, damaged := range []string{"", "overrun: 1\n", strings.Replace(text, "200", "-1", 1), strings.Replace(text, "dropped events", "dropped", 1)} {
		if lost, err := parseLost(damaged); err == nil {
			t.Errorf("%q: got %d, want an error", damaged, lost)
		}
	}
}

func FuzzLost(f *testing.F) {
	f.Add(fixture(f, "6.18", "stats"))
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := parseLost(text); err == nil && !strings.Contains(text, "overrun") {
			t.Error("losses from nowhere")
		}
	})
}

func TestFilterText(t *testing.T) {
	reasons, none := formatOf(t, "6.18"), formatOf(t, "5.16")
	for _, test := range []struct {
		format format
		list   []uint32
		want   string
	}{
		{reasons, nil, ""}, {reasons, []uint32{3}, "reason==3"}, {reasons, []uint32{3, 131075}, "reason==3||reason==131075"},
		{none, []uint32{3}, ""}, {reasons, make([]uint32, maxReasons+1), ""},
	} {
		c := Config{Reasons: test.list}
		if got := c.filterText(&test.format); got != test.want {
			t.Errorf("%v: got %q, want %q", test.list, got, test.want)
		}
	}
	// the kernel takes less than a page
	c := Config{Reasons: make([]uint32, maxReasons)}
	for i := range c.Reasons {
		c.Reasons[i] = 0xffffffff
	}
	if n := len(c.filterText(&reasons)); n == 0 || n >= 4096 {
		t.Errorf("filter of %d bytes", n)
	}
}

func TestBufferBytes(t *testing.T) {
	for _, test := range []struct {
		asked uint64
		cpus  int
		want  uint64
	}{
		{0, 1, 4 << 20}, {0, 16, 4 << 20}, {0, 32, 2 << 20}, {0, 4096, 512 << 10},
		{1, 2, leastBuffer}, {1 << 20, 2, 1 << 20}, {1 << 40, 2, 1 << 29}, {1 << 40, 1 << 20, leastBuffer},
	} {
		c := Config{BufferBytes: test.asked}
		if got := c.bufferBytes(test.cpus); got != test.want {
			t.Errorf("%d for %d CPUs: got %d, want %d", test.asked, test.cpus, got, test.want)
		}
	}
}

// Where there is no tracefs, the error is not one of permission.
func TestNoTracefs(t *testing.T) {
	_, err := Open(Config{Root: t.TempDir()})
	if !errors.Is(err, errors.ErrUnsupported) || errors.Is(err, os.ErrPermission) {
		t.Errorf("got %v", err)
	}
}
