package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"dropwatch/internal/report"
)

func TestRootCheck(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	for _, test := range []struct {
		status int
		flags  []string
		want   string // regular expression of the first line
	}{
		{0, []string{"-w", "lost=100", "-c", "counter.Udp.NoPorts=100", "-w", "unexplained=0", "-w", "missed=0"},
			`^DROPWATCH OK - 100 packets lost in [0-9.]+ s \| 'lost'=100;100;;0; .*'class.peer'=100;;;0; .*'missed'=0;0;;0; 'unexplained'=0;0;;0; 'counter.Udp.NoPorts'=100;;100;0;$`},
		{1, []string{"-w", "class.peer=99", "-c", "class.loss=0"}, `^DROPWATCH WARNING - class.peer is 100, warning is more than 99; 100 packets lost`},
		{2, []string{"-w", "lost=0", "-c", "reason.NO_SOCKET=99"}, `^DROPWATCH CRITICAL - lost is 100, warning is more than 0; reason.NO_SOCKET is 100, critical is more than 99;`},
		// a counter of the namespace belongs to no interface
		{3, []string{"-c", "counter.Udp.NoPorts/s=0.1", "--interface", "lo", "--filter", `class == "peer"`}, `^DROPWATCH UNKNOWN - counter.Udp.NoPorts/s is not known: nothing counts it here; 100 packets lost`},
		{2, []string{"-c", "counter.UdpNoPorts=@100:"}, `^DROPWATCH CRITICAL - counter.UdpNoPorts is 100, critical is within 100:; 100 packets lost`},
	} {
		c := watching(t, nil, append([]string{"check", "--netns", l.name, "--for", "5m"}, test.flags...)...)
		c.waiting(t)
		l.drop(t, 100)
		c.signal(t, syscall.SIGTERM) // as a monitoring system does that waits no longer
		c.wait(t, test.status)
		first, rest, _ := strings.Cut(c.out.String(), "\n")
		if !regexp.MustCompile(test.want).MatchString(first) {
			t.Errorf("%q: no %s:\n%s", test.flags, test.want, first)
		}
		if want := "100 NO_SOCKET (peer) in __udp4_lib_rcv"; !strings.HasPrefix(rest, want) {
			t.Errorf("%q: no %q in the long text:\n%s", test.flags, want, rest)
		}
		if c.err.String() != "" {
			t.Errorf("%q: standard error: %s", test.flags, &c.err)
		}
	}
}

// saved watches, loses packets and saves the summary.
func saved(t *testing.T, l *lab, path string, packets int) report.Summary {
	t.Helper()
	c := watching(t, nil, "summary", "--netns", l.name, "--for", "5m", "--save", path)
	c.waiting(t)
	l.drop(t, packets)
	c.signal(t, syscall.SIGINT)
	c.wait(t, 0)
	if !strings.Contains(c.out.String(), "packets dropped\n") {
		t.Errorf("the report is not printed:\n%s", &c.out)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var s report.Summary
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatalf("decode %s: %v", text, err)
	}
	if s.Total.Lost != uint64(packets) {
		t.Errorf("%d packets were saved, want %d", s.Total.Lost, packets)
	}
	return s
}

func TestRootSaveAndDiff(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	dir := t.TempDir()
	before, after := filepath.Join(dir, "before.json"), filepath.Join(dir, "after.json")
	if err := os.WriteFile(after, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link.json")
	if err := os.Symlink("after.json", link); err != nil {
		t.Fatal(err)
	}
	old, young := saved(t, l, before, 10), saved(t, l, link, 500)
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link was replaced: %v, %v", info, err)
	}
	if info, err := os.Stat(after); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the permissions of the file did not stay: %v, %v", info, err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 3 {
		t.Errorf("files are left behind: %v, %v", files, err)
	}
	c := launch(t, nil, "diff", before, after, "--json", "--max-increase", "0")
	c.wait(t, statusThreshold)
	c.oneLine(t, "NO_SOCKET rose by ")
	var d report.Diff
	if err := json.Unmarshal([]byte(c.out.String()), &d); err != nil {
		t.Fatalf("decode %s: %v", &c.out, err)
	}
	if len(d.Drops) != 1 || d.Drops[0].Reason != "NO_SOCKET" || d.Drops[0].NetNS != l.name || d.Drops[0].Function != "__udp4_lib_rcv" ||
		d.Drops[0].Old != 10/old.Seconds || d.Drops[0].New != 500/young.Seconds || d.Drops[0].State != "" {
		t.Errorf("drops %+v", d.Drops)
	}
	if len(d.Counters) != 1 || d.Counters[0].Name != "Udp.NoPorts" || d.Counters[0].NetNS != l.name {
		t.Errorf("counters %+v", d.Counters)
	}
	launch(t, nil, "diff", after, before, "--max-increase", "0").wait(t, statusDone)
}

// The shell shows the counters of the watch that has just ended.
func TestRootShellCounters(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	input, change := script(t)
	c := launch(t, change)
	say(t, input, "set alertmode packet\nset format text\nstart\n")
	c.until(t, "the start", func() bool { return strings.Contains(c.out.String(), "Kernel monitoring activated.") })
	l.drop(t, 40)
	c.until(t, "the packets", func() bool { return strings.Count(c.out.String(), "NO_SOCKET") >= 40 })
	c.signal(t, syscall.SIGINT)
	say(t, input, "counters\ncounters some\nexit\n")
	c.wait(t, 2)
	if want := regexp.MustCompile(`(?m)^ +40 +[0-9.]+/s  Udp\.NoPorts in ` + l.name + `$`); !want.MatchString(c.out.String()) {
		t.Errorf("no line %s:\n%s", want, &c.out)
	}
	if !strings.Contains(c.err.String(), `counters: only "all" may follow`) {
		t.Errorf("standard error: %s", &c.err)
	}
}
