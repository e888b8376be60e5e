package logfile

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"dropwatch/internal/export/logline"
	"dropwatch/internal/export/logline/logtest"
)

// smallDisk mounts a file system of 64 kB where only one child process sees it,
// and returns the way to it through that process.
func smallDisk(t *testing.T) string {
	t.Helper()
	unshare := logtest.NeedProgram(t, "unshare", "util-linux")
	dir := t.TempDir()
	script := `mount -t tmpfs -o size=64k small "$1" && touch "$1/mounted" && exec sleep 60`
	var d *logtest.Daemon
	d = logtest.NewDaemon(t, nil, func() bool {
		_, err := os.Stat(fmt.Sprintf("/proc/%d/root%s/mounted", d.PID(), dir))
		return err == nil
	}, unshare, "--mount", "sh", "-c", script, "sh", dir)
	d.Start()
	return fmt.Sprintf("/proc/%d/root%s", d.PID(), dir)
}

// A disk that fills up and is emptied again: all lines are in the file, whole, in
// order and once, and the queue has said why they waited.
func TestRootFullDisk(t *testing.T) {
	for _, e := range []logline.Encoder{logline.JSONEncoder{}, logline.NewCSVEncoder("n"), numbers{}} {
		dir := smallDisk(t)
		filler := dir + "/filler"
		if err := os.WriteFile(filler, make([]byte, 40<<10), 0o600); err != nil {
			t.Fatal(err)
		}
		f := open(t, Config{Path: dir + "/log", Encoder: e})
		var changes []string
		q := logline.NewQueue(f, logline.QueueConfig{Name: "file", RetryMax: 50 * time.Millisecond, Changed: func(s logline.Stats) { changes = append(changes, s.String()) }})
		lines := 0
		for q.Stats().Failing == nil && lines < 100000 {
			q.Add(logtest.Line(lines))
			lines++
			time.Sleep(20 * time.Microsecond)
		}
		for range 50 {
			q.Add(logtest.Line(lines))
			lines++
		}
		stats := q.Stats()
		b, err := os.ReadFile(dir + "/log")
		if err != nil {
			t.Fatal(err)
		}
		header := bytes.Count(e.AppendHeader(nil), []byte("\n"))
		if got := bytes.Count(b, []byte("\n")) - header; !bytes.HasSuffix(b, []byte("\n")) || uint64(got) != stats.Delivered || stats.Waiting == 0 || stats.Lost > 0 {
			t.Errorf("%T: on the full disk are %d lines, %+v, the end is %q", e, got, stats, b[max(0, len(b)-20):])
		}
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		if err := q.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if len(changes) != 2 || !strings.Contains(changes[0], "no space left on device") || !strings.Contains(changes[1], "works again") {
			t.Errorf("changes: %q", changes)
		}
		b, err = os.ReadFile(dir + "/log")
		if err != nil {
			t.Fatal(err)
		}
		rest := string(b)
		for i := range lines {
			var line string
			if line, rest, _ = strings.Cut(rest, "\n"); i == 0 && header > 0 {
				line, rest, _ = strings.Cut(rest, "\n")
			}
			if !strings.Contains(line, logtest.Line(i).Text) {
				t.Fatalf("%T: line %d is %q", e, i, line)
			}
		}
		t.Logf("%T: %d lines, of which %d waited for room", e, lines, stats.Waiting)
		if rest != "" {
			t.Errorf("%T: %q follows", e, rest)
		}
	}
}

// 50,000 lines a second go into files that are rotated, each with its header.
func TestRootFlood(t *testing.T) {
	dir := t.TempDir()
	f := open(t, Config{Path: dir + "/log", Encoder: logline.JSONEncoder{}, MaxBytes: 4 << 20, Keep: 99})
	s := logtest.Sender{Queue: logline.NewQueue(f, logline.QueueConfig{Name: "file"})}
	s.Send(50000, time.Second, func(share float64) {
		if share > 0.5 {
			s.Queue.Reopen()
		}
	})
	if err := s.Queue.Close(t.Context()); err != nil {
		t.Error(err)
	}
	stats := s.Settle(t)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	got := 0
	for _, e := range entries {
		b, err := os.ReadFile(dir + "/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		got += bytes.Count(b, []byte("\n"))
	}
	t.Logf("%d lines in %d files, %d lost", got, len(entries), stats.Lost)
	if uint64(got) != stats.Delivered+stats.Notices || len(entries) < 3 {
		t.Errorf("%d lines in %d files, %+v", got, len(entries), stats)
	}
}
