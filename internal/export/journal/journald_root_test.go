package journal

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dropwatch/internal/export/logline"
	"dropwatch/internal/export/logline/datagram"
	"dropwatch/internal/export/logline/logtest"
)

// A journald is a real systemd-journald that sees a /run of its own, so that the
// host's is left alone.
type journald struct {
	*logtest.Daemon
	run string
}

const journaldConfig = `[Journal]
Storage=volatile
RuntimeMaxUse=512M
RuntimeMaxFileSize=512M
RateLimitIntervalSec=0
RateLimitBurst=0
ReadKMsg=no
Audit=no
ForwardToSyslog=no
ForwardToConsole=no
ForwardToWall=no
`

func startJournald(t *testing.T) *journald {
	program := logtest.NeedProgram(t, "/lib/systemd/systemd-journald", "systemd")
	dir := t.TempDir()
	j := &journald{run: filepath.Join(dir, "run")}
	for _, d := range []string{"systemd/journal", "log/journal"} {
		if err := os.MkdirAll(filepath.Join(j.run, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	config := filepath.Join(dir, "journald.conf")
	if err := os.WriteFile(config, []byte(journaldConfig), 0o644); err != nil {
		t.Fatal(err)
	}
	script := `mount --bind "$1" /run && mount --bind "$2" /etc/systemd/journald.conf && exec "$3"`
	j.Daemon = logtest.NewDaemon(t, nil, j.listens, "unshare", "--mount", "sh", "-c", script, "sh", j.run, config, program)
	j.Start()
	return j
}

func (j *journald) socket() string { return filepath.Join(j.run, "systemd/journal/socket") }

func (j *journald) listens() bool {
	s, err := datagram.Dial(j.socket())
	if err == nil {
		s.Close()
	}
	return err == nil
}

func (j *journald) queue(c logline.QueueConfig) *logline.Queue {
	c.Name = "journal"
	return logline.NewQueue(New(Config{Socket: j.socket()}), c)
}

// journalctl asks the real program for entries that match.
func (j *journald) journalctl(t *testing.T, args ...string) string {
	t.Helper()
	dirs, err := filepath.Glob(filepath.Join(j.run, "log/journal/*"))
	if err != nil || len(dirs) != 1 {
		t.Fatalf("journals: %q, %v", dirs, err)
	}
	cmd := exec.Command("journalctl", append([]string{"--quiet", "--no-pager", "-D", dirs[0]}, args...)...)
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil && complaint.Len() > 0 { // no entries are an error without a word
		t.Fatalf("journalctl %q: %v\n%s", args, err, complaint.String())
	}
	return string(out)
}

// numbers are the values of a field, one of each entry that has it.
func (j *journald) numbers(t *testing.T, field string, args ...string) (all []int) {
	t.Helper()
	for _, word := range strings.Fields(j.journalctl(t, append(args, "-o", "cat", "--output-fields="+field)...)) {
		n, err := strconv.Atoi(word)
		if err != nil {
			t.Fatalf("%s is %q", field, word)
		}
		all = append(all, n)
	}
	return all
}

func (j *journald) tally(t *testing.T) (tally logtest.Tally) {
	t.Helper()
	tally.Numbers = j.numbers(t, "DROPWATCH_N", "DROPWATCH_EVENT=drop")
	for _, n := range j.numbers(t, "DROPWATCH_LINES", "DROPWATCH_EVENT=lost") {
		tally.Told += uint64(n)
		tally.Notices++
	}
	return tally
}

func TestRootJournald(t *testing.T) {
	t.Run("fields", testFields)
	t.Run("restart", testRestart)
	t.Run("flood", testFlood)
}

func testFields(t *testing.T) {
	j := startJournald(t)
	q := j.queue(logline.QueueConfig{})
	r := example
	r.Fields = append(r.Fields, logline.Text("device", "é\x1b\xff"), logline.Text("long", strings.Repeat("0123456789", 60000)))
	q.Add(r)
	other := example
	other.Fields = []logline.Field{logline.Text("reason", "NETFILTER_DROP")}
	q.Add(other)
	if err := q.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	match := func(args ...string) string {
		t.Helper()
		var out string
		logtest.WaitFor(t, fmt.Sprint(args), func() bool {
			out = j.journalctl(t, append(args, "-o", "json", "--all")...)
			return strings.Contains(out, "\n")
		})
		if strings.Count(out, "\n") != 1 {
			t.Fatalf("%q finds %q", args, out)
		}
		return out
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(match("DROPWATCH_REASON=NO_SOCKET")), &got); err != nil {
		t.Fatal(err)
	}
	for name := range got {
		if strings.HasPrefix(name, "_") || name == "SYSLOG_TIMESTAMP" {
			delete(got, name)
		}
	}
	want := map[string]any{
		"MESSAGE": "12 packets dropped", "PRIORITY": "4", "SYSLOG_FACILITY": "3", "SYSLOG_IDENTIFIER": "dropwatch", "MESSAGE_ID": MessageID("drop"),
		"DROPWATCH_EVENT": "drop", "DROPWATCH_TIME": "2026-03-01T10:00:03.004005Z", "DROPWATCH_REASON": "NO_SOCKET", "DROPWATCH_NETNS_INODE": "4026532200",
		"DROPWATCH_ODD_NAME": "a\nb", "DROPWATCH_EMPTY": "", "DROPWATCH_LONG": strings.Repeat("0123456789", 60000),
		"DROPWATCH_DEVICE": []any{195.0, 169.0, 27.0, 255.0}, // bytes, as it is no text
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("fields (-want +got):\n%.4000s", diff)
	}
	match("DROPWATCH_REASON=NETFILTER_DROP", "MESSAGE_ID="+MessageID("drop"))
}

func testRestart(t *testing.T) {
	j := startJournald(t)
	var changes []string
	s := logtest.Sender{Queue: j.queue(logline.QueueConfig{RetryMax: 100 * time.Millisecond, Changed: func(s logline.Stats) { changes = append(changes, s.String()) }})}
	s.Send(1000, 100*time.Millisecond, nil)
	s.Settle(t)
	j.Kill()
	s.Send(5000, 100*time.Millisecond, nil)
	j.Start()
	stats := s.Settle(t)
	tally := j.tally(t)
	if missing := tally.Missing(s.Next); len(missing) > 1 || len(missing) == 1 && missing[0].Count > 1 || tally.Twice() > 0 || stats.Lost > 0 {
		t.Errorf("after a restart %v are missing, %d are there twice, %+v", missing, tally.Twice(), stats)
	}
	killed := false
	s.Send(10000, 400*time.Millisecond, func(share float64) {
		switch {
		case share > 0.5 && !killed:
			killed = true
			j.Kill()
		case share > 0.8 && j.Down():
			j.Start()
		}
	})
	if j.Down() {
		j.Start()
	}
	stats = s.Settle(t)
	if err := s.Queue.Close(t.Context()); err != nil {
		t.Error(err)
	}
	tally = j.tally(t)
	t.Logf("killed in the middle: %d added, missing %v, %d twice", stats.Added, tally.Missing(s.Next), tally.Twice())
	// The entry at which journald was killed is read and may not be written.
	if missing := tally.Missing(s.Next); len(missing) > 2 || s.Next-tally.Distinct() > 2 || stats.Lost > 0 {
		t.Errorf("%v are missing, %+v", missing, stats)
	}
	if len(changes) == 0 || !strings.Contains(changes[0], "connection refused; lines wait (65536 at most)") {
		t.Errorf("changes: %q", changes)
	}
}

func testFlood(t *testing.T) {
	j := startJournald(t)
	s := logtest.Sender{Queue: j.queue(logline.QueueConfig{Limit: 8192})}
	stopped, continued := false, false
	s.Send(50000, 2*time.Second, func(share float64) {
		switch {
		case share > 0.3 && !stopped:
			stopped = true
			j.Signal(syscall.SIGSTOP)
		case share > 0.6 && !continued:
			continued = true
			j.Signal(syscall.SIGCONT)
		}
	})
	if !continued {
		j.Signal(syscall.SIGCONT)
	}
	stats := s.Settle(t)
	if err := s.Queue.Close(t.Context()); err != nil {
		t.Error(err)
	}
	stats = s.Queue.Stats()
	var tally logtest.Tally
	logtest.WaitFor(t, "journald to write", func() bool { tally = j.tally(t); return uint64(tally.Distinct()) >= stats.Delivered })
	t.Logf("%d added, %d delivered, %d lost, %d arrived, %d twice, %d notices", stats.Added, stats.Delivered, stats.Lost, tally.Distinct(), tally.Twice(), tally.Notices)
	if uint64(tally.Distinct()) != stats.Delivered || tally.Twice() > 0 || tally.Told != stats.Lost || tally.Notices != stats.Notices || stats.Lost == 0 || !tally.InOrder() {
		t.Errorf("%+v; told of %d lost in %d notices, in order: %v", stats, tally.Told, tally.Notices, tally.InOrder())
	}
}
