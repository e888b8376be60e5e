package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"dropwatch/internal/report"
)

// checkNoSocket checks all that is known of the drops that lab.drop makes.
func checkNoSocket(t *testing.T, l *lab, d report.Drop) {
	t.Helper()
	if d.Reason != "NO_SOCKET" || d.Subsystem != "core" || d.Class != "peer" || d.Origin != "software" {
		t.Errorf("reason %s/%s, class %s, origin %s", d.Subsystem, d.Reason, d.Class, d.Origin)
	}
	if d.Location == nil || d.Location.Symbol != "__udp4_lib_rcv" || d.Location.Address == "" {
		t.Errorf("location %+v, want __udp4_lib_rcv", d.Location)
	}
	if d.NetNS == nil || *d.NetNS != (report.NetNS{Inode: l.inode, Name: l.name}) {
		t.Errorf("namespace %+v, want %d %s", d.NetNS, l.inode, l.name)
	}
	if d.Interface == nil || *d.Interface != (report.Interface{Index: 1, Name: "lo"}) {
		t.Errorf("interface %+v, want lo", d.Interface)
	}
	if d.Protocol != "IPv4" || d.Transport != "UDP" {
		t.Errorf("protocol %s %s", d.Protocol, d.Transport)
	}
	if d.Cause == "" || d.Advice == "" {
		t.Error("no cause or no advice")
	}
}

func (c *child) summary(t *testing.T) report.Summary {
	t.Helper()
	var s report.Summary
	if err := json.Unmarshal([]byte(c.out.String()), &s); err != nil {
		t.Fatalf("decode %s: %v", &c.out, err)
	}
	if s.Schema != report.SummarySchema || s.Source != "ebpf" || s.Missed.Any() {
		t.Errorf("schema %q, source %q, missed %+v", s.Schema, s.Source, s.Missed)
	}
	return s
}

func TestRootSummaryJSON(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	// ends early at the count
	c := watching(t, nil, "summary", "--for", "1m", "--count", "100", "--netns", l.name, "--json")
	port := l.drop(t, 100)
	c.wait(t, 0)
	s := c.summary(t)
	if s.Total != (report.Total{Packets: 100, Bytes: 100 * 40, Lost: 100}) {
		t.Errorf("total %+v, want 100 packets of 40 bytes", s.Total)
	}
	if len(s.Drops) != 1 {
		t.Fatalf("%d rows, want 1: %s", len(s.Drops), &c.out)
	}
	d := s.Drops[0]
	checkNoSocket(t, l, d)
	if d.Packets != 100 || d.Buffers != 100 || d.Bytes != 4000 {
		t.Errorf("%d packets, %d buffers, %d bytes", d.Packets, d.Buffers, d.Bytes)
	}
	if want := fmt.Sprintf("127.0.0.1:%d", port); d.Sample == nil || d.Sample.Source != want || d.Sample.Destination != "127.0.0.1:9" || d.Sample.Length != 40 {
		t.Errorf("sample %+v, want one from %s", d.Sample, want)
	}
	if d.First.Before(s.From.Add(-1e9)) || d.Last.After(s.To.Add(1e9)) || d.Last.Before(d.First) {
		t.Errorf("first %v and last %v are not between %v and %v", d.First, d.Last, s.From, s.To)
	}
}

func TestRootSummaryText(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	c := watching(t, nil, "summary", "--for", "3s", "--netns", l.name)
	l.drop(t, 100)
	c.wait(t, 0)
	for _, want := range []string{
		`source ebpf`, `(?m)^100 packets dropped$`, `(?m)^ +100  peer    NO_SOCKET  `,
		`in  __udp4_lib_rcv\+0x[0-9a-f]+, ` + l.name + `:lo, IPv4`, `127\.0\.0\.1:9 \(40 bytes\)`, `-> `,
	} {
		if !regexp.MustCompile(want).MatchString(c.out.String()) {
			t.Errorf("output has no %s:\n%s", want, &c.out)
		}
	}
	if got := c.err.String(); got != "" {
		t.Errorf("standard error, which is no terminal, has %q", got)
	}
}

func TestRootMaxDrops(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	for limit, status := range map[string]int{"99": statusThreshold, "100": statusDone} {
		c := watching(t, nil, "summary", "--count", "100", "--netns", l.name, "--max-drops", limit)
		l.drop(t, 100)
		c.wait(t, status)
		if !strings.Contains(c.out.String(), "100 packets dropped") {
			t.Errorf("--max-drops %s: no report:\n%s", limit, &c.out)
		}
	}
}

func TestRootByProcess(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	c := watching(t, nil, "summary", "--by", "reason,process", "--netns", l.name, "--json")
	dropped := l.overflow(t, 100)
	c.signal(t, syscall.SIGINT)
	c.wait(t, 0)
	s := c.summary(t)
	if len(s.Drops) != 1 || s.Drops[0].Process == nil {
		t.Fatalf("want 1 row with a process: %s", &c.out)
	}
	d := s.Drops[0]
	if d.Packets != uint64(dropped) || d.Reason != "SOCKET_RCVBUFF" || d.Class != "loss" || d.Process.PID != os.Getpid() || d.Process.Name == "" {
		t.Errorf("got %d packets, %s, class %s, %v; want %d of process %d", d.Packets, d.Reason, d.Class, d.Process, dropped, os.Getpid())
	}
	if s.By != "reason,process" || d.Location != nil && s.Drops[0].NetNS == nil {
		t.Errorf("by %q, location %v", s.By, d.Location)
	}
}

func TestRootByFlow(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	c := watching(t, nil, "summary", "--by", "flow", "--netns", l.name, "--json")
	want := map[string]uint64{}
	for i := range 5 {
		want[fmt.Sprintf("127.0.0.1:%d", l.drop(t, 10+i))] += uint64(10 + i)
	}
	c.signal(t, syscall.SIGINT)
	c.wait(t, 0)
	got := map[string]uint64{}
	for _, d := range c.summary(t).Drops {
		if d.Flow == nil || d.Flow.Destination != "127.0.0.1:9" {
			t.Fatalf("row without the flow: %+v", d)
		}
		got[d.Flow.Source] += d.Packets
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("packets by source: got %v, want %v", got, want)
	}
}

func TestRootFilter(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	for _, test := range []struct {
		expression string
		want       uint64
	}{
		{`packets > 50`, 60}, // of a row: judged at the end
		{`packets <= 50 && transport == "UDP"`, 40},
		{`destination_port == 9 && length == 40`, 100},
		{`reason == "NO_SOCKET" && interface == "lo"`, 100}, // in the kernel
		{`reason != "NO_SOCKET"`, 0},
		{`function == "__udp4_lib_rcv" and netns == "` + l.name + `"`, 100},
	} {
		c := watching(t, nil, "summary", "--by", "flow", "--netns", l.name, "--json", "--filter", test.expression)
		l.drop(t, 60)
		l.drop(t, 40)
		c.signal(t, syscall.SIGINT)
		c.wait(t, 0)
		if s := c.summary(t); s.Total.Packets != test.want || s.Filter != test.expression {
			t.Errorf("%s: %d packets, filter %q, want %d", test.expression, s.Total.Packets, s.Filter, test.want)
		}
	}
}

func TestRootFilterWarnings(t *testing.T) {
	l := newLab(t)
	c := launch(t, nil, "summary", "--netns", l.name, "--for", "50ms", "--filter", `reason == "NO_SUCH_REASON"`)
	c.wait(t, 0)
	c.oneLine(t, `no drop reason "NO_SUCH_REASON"`)
	if !strings.Contains(c.out.String(), "no packet was dropped") {
		t.Errorf("output:\n%s", &c.out)
	}
}

func TestRootUnknownNamespace(t *testing.T) {
	l := newLab(t)
	c := launch(t, nil, "summary", "--netns", "nowhere")
	c.wait(t, statusFailed)
	c.oneLine(t, `no network namespace "nowhere"; known: `)
	if !strings.Contains(c.err.String(), l.name) {
		t.Errorf("the list does not have %s: %s", l.name, &c.err)
	}
}

func TestRootBenign(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	for _, all := range []bool{false, true} {
		c := watching(t, nil, "summary", "--netns", l.name, "--json", "--max-drops", "10", fmt.Sprintf("--all=%t", all))
		l.purge(t, 7)
		l.drop(t, 10)
		c.signal(t, syscall.SIGINT)
		c.wait(t, 0) // benign drops do not count
		s := c.summary(t)
		if s.Total.Benign != 7 || s.Total.Lost != 10 || s.Total.Packets != 17 {
			t.Errorf("total %+v, want 7 benign and 10 lost", s.Total)
		}
		shown := 0
		for _, d := range s.Drops {
			if d.Class == "benign" {
				shown++
			}
		}
		if (shown > 0) != all {
			t.Errorf("--all=%t: %d benign rows", all, shown)
		}
	}
}

func TestRootSignals(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		c := watching(t, nil, "summary", "--for", "1h", "--netns", l.name)
		ids := c.attached(t)
		l.drop(t, 10)
		c.signal(t, signal)
		c.wait(t, 0)
		if !strings.Contains(c.out.String(), "10 packets dropped") {
			t.Errorf("%v: no report of what was seen so far:\n%s", signal, &c.out)
		}
		gone(t, ids)
	}
}

func TestRootKilled(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	c := watching(t, nil, "watch", "--netns", l.name)
	ids := c.attached(t)
	c.signal(t, syscall.SIGKILL)
	<-c.done
	gone(t, ids)
}

func TestRootTwoAtOnce(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	args := []string{"summary", "--netns", l.name, "--json"}
	a, b := watching(t, nil, args...), watching(t, nil, args...)
	l.drop(t, 500)
	a.signal(t, syscall.SIGINT)
	a.wait(t, 0)
	l.drop(t, 100) // the other goes on
	b.signal(t, syscall.SIGINT)
	b.wait(t, 0)
	if a, b := a.summary(t).Total, b.summary(t).Total; a.Packets != 500 || b.Packets != 600 {
		t.Errorf("%d and %d packets, want 500 and 600", a.Packets, b.Packets)
	}
}

func TestRootFullDisk(t *testing.T) {
	l := newLab(t)
	for _, args := range [][]string{
		{"summary", "--for", "10ms", "--netns", l.name},
		{"summary", "--for", "10ms", "--netns", l.name, "--json"},
	} {
		c := launch(t, func(c *exec.Cmd) { c.Stdout = openFull(t) }, args...)
		c.wait(t, statusFailed)
		c.oneLine(t, "no space left on device")
	}
	c := watching(t, func(c *exec.Cmd) { c.Stdout = openFull(t) }, "watch", "--packets", "--netns", l.name)
	l.drop(t, 100)
	c.wait(t, statusFailed)
	c.oneLine(t, "no space left on device")
}

func openFull(t *testing.T) *os.File {
	t.Helper()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { full.Close() })
	return full
}
