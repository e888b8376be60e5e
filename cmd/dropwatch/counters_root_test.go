package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"dropwatch/internal/report"
)

// waiting waits until the child, which looks at one namespace, has read the
// counters for the first time and waits for time to pass: it holds their files
// open and none of its threads runs. The threads are not looked at all at once,
// so one look is not enough.
func (c *child) waiting(t *testing.T) {
	t.Helper()
	asleep := 0
	c.until(t, "the first look at the counters", func() bool {
		asleep++
		if !c.holds("/net/snmp") || !c.sleeps() {
			asleep = 0
		}
		return asleep == 3
	})
}

func (c *child) holds(file string) bool {
	descriptors, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", c.command.Process.Pid))
	for _, d := range descriptors {
		if target, err := os.Readlink(d); err == nil && strings.HasSuffix(target, file) {
			return true
		}
	}
	return false
}

func (c *child) sleeps() bool {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", c.command.Process.Pid))
	for _, task := range tasks {
		text, err := os.ReadFile(task)
		if err != nil {
			continue // it has just ended
		}
		if after := text[strings.LastIndex(string(text), ")")+1:]; !strings.HasPrefix(string(after), " S") {
			return false
		}
	}
	return len(tasks) > 0
}

func (c *child) counters(t *testing.T) report.Counters {
	t.Helper()
	var d report.Counters
	if err := json.Unmarshal([]byte(c.out.String()), &d); err != nil {
		t.Fatalf("decode %s: %v", &c.out, err)
	}
	return d
}

func TestRootCounters(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	text := launch(t, nil, "counters", "--netns", l.name, "--for", "2s")
	document := launch(t, nil, "counters", "--netns", l.name, "--for", "2s", "--json")
	text.waiting(t)
	document.waiting(t)
	l.drop(t, 100)
	text.wait(t, 0)
	document.wait(t, 0)
	want := regexp.MustCompile(`(?m)^ {9}100 +[45]\d/s  Udp\.NoPorts in ` + l.name + `\n +Datagrams to a port where no program listens\.$`)
	if got := text.out.String(); !want.MatchString(got) || !strings.Contains(got, "1 network namespace\n") {
		t.Errorf("no line %s:\n%s", want, got)
	}
	d := document.counters(t)
	if d.Schema != report.CountersSchema || d.Host == "" || d.Kernel == "" || d.Seconds < 2 || d.Seconds > 4 || !d.To.After(d.From) {
		t.Errorf("head %+v", d)
	}
	own := 0
	for _, row := range d.Counters {
		if row.NetNS == nil {
			continue // of the whole host: others lose packets too
		}
		own++
		if row.Name != "Udp.NoPorts" || *row.NetNS != (report.NetNS{Inode: l.inode, Name: l.name}) || row.Delta != 100 || row.Value != 100 ||
			!row.Loss || row.Unit != "datagrams" || row.PerSecond == nil || *row.PerSecond != 100/d.Seconds {
			t.Errorf("row %+v", row)
		}
	}
	if own != 1 {
		t.Errorf("%d rows of the namespace, want 1:\n%s", own, &document.out)
	}
}

// Ctrl-C ends it early, with what was counted.
func TestRootCountersInterrupted(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	c := launch(t, nil, "counters", "--netns", l.name, "--for", "5m")
	c.waiting(t)
	l.drop(t, 33)
	c.signal(t, syscall.SIGINT)
	c.wait(t, 0)
	if want := regexp.MustCompile(`(?m)^ +33 +[0-9.]+/s  Udp\.NoPorts in ` + l.name + `$`); !want.MatchString(c.out.String()) {
		t.Errorf("no line %s:\n%s", want, &c.out)
	}
}

// The intervals of a watch add up: nothing falls between them.
func TestRootCountersWatch(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	c := launch(t, nil, "counters", "--netns", l.name, "--watch", "--interval", "20ms", "--json")
	const rounds, each = 20, 7
	for range rounds {
		before := strings.Count(c.out.String(), "\n")
		c.until(t, "an interval", func() bool { return strings.Count(c.out.String(), "\n") > before })
		l.drop(t, each)
	}
	c.signal(t, syscall.SIGTERM)
	c.wait(t, 0)
	sum := uint64(0)
	for line := range strings.Lines(c.out.String()) {
		var d report.Counters
		if err := json.Unmarshal([]byte(line), &d); err != nil {
			t.Fatalf("decode %s: %v", line, err)
		}
		for _, row := range d.Counters {
			if row.Name == "Udp.NoPorts" {
				sum += row.Delta
			}
		}
	}
	if sum != rounds*each {
		t.Errorf("the intervals have %d, want %d", sum, rounds*each)
	}
}

// A dropped packet of a firewall rule is a loss, an accepted one is not.
func TestRootCountersOfRules(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	if _, err := exec.LookPath("nft"); err != nil && os.Getenv("DROPWATCH_CI") == "" {
		t.Skip("needs nft")
	}
	command(t, "ip", "netns", "exec", l.name, "nft", `add table inet f; add chain inet f i { type filter hook input priority 0; }; add rule inet f i udp dport 9 counter drop comment "no discard"; add rule inet f i counter accept`)
	c := launch(t, nil, "counters", "--netns", l.name, "--for", "5m", "--json")
	c.waiting(t)
	l.drop(t, 12)
	c.signal(t, syscall.SIGINT)
	c.wait(t, 0)
	var rules []string
	for _, row := range c.counters(t).Counters {
		if row.NetNS != nil {
			rules = append(rules, fmt.Sprintf("%s %d %s: %s", row.Name, row.Delta, row.Object, row.Meaning))
		}
	}
	want := `nft.packets 12 inet f i handle 2 "no discard": Packets that this firewall rule dropped.`
	if len(rules) != 1 || rules[0] != want {
		t.Errorf("got %q, want %q", rules, want)
	}
}

// Without the right to see drops the summary has the counters.
func TestRootCountersAlone(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	c := launchOther(t, "nsenter", nil, "--net=/run/netns/"+l.name, "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
		programPath(), "summary", "--for", "5m", "--json")
	c.waiting(t)
	l.drop(t, 25)
	c.signal(t, syscall.SIGINT)
	c.wait(t, 0)
	var s report.Summary
	if err := json.Unmarshal([]byte(c.out.String()), &s); err != nil {
		t.Fatalf("decode %s: %v", &c.out, err)
	}
	if s.Source != report.SourceCounters || !s.Missed.AtLeast || len(s.Drops) != 0 {
		t.Errorf("source %q, missed %+v, drops %+v", s.Source, s.Missed, s.Drops)
	}
	found := false
	for _, row := range s.Counters {
		found = found || row.Name == "Udp.NoPorts" && row.Delta == 25 && row.AtLeast
	}
	if !found || len(s.Coverage) == 0 || s.Coverage[0].What != "drops" || !strings.Contains(s.Coverage[0].Why, "CAP_BPF") {
		t.Errorf("no counter of 25, or no word of the drops: %s", &c.out)
	}
	c.oneLine(t, "counters only: ")
}
