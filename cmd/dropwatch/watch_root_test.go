package main

import (
	"bufio"
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

func TestRootWatchLines(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	c := watching(t, nil, "watch", "--interval", "50ms", "--netns", l.name)
	line := regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d +(\d+) peer   NO_SOCKET  __udp4_lib_rcv\+0x[0-9a-f]+, ` + l.name + `:lo, IPv4 UDP(, .*> 127\.0\.0\.1:9 .*)?$`)
	sum := func() (n int) {
		for _, match := range line.FindAllStringSubmatch(c.out.String(), -1) {
			var packets int
			fmt.Sscan(match[1], &packets)
			n += packets
		}
		return n
	}
	l.drop(t, 30)
	c.until(t, "a line for 30 packets", func() bool { return sum() == 30 })
	l.drop(t, 12)
	c.signal(t, syscall.SIGINT) // the last interval is printed too
	c.wait(t, 0)
	if sum() != 42 {
		t.Errorf("lines for %d packets, want 42:\n%s", sum(), &c.out)
	}
}

func TestRootWatchJSON(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	c := watching(t, nil, "watch", "--json", "--interval", "20ms", "--count", "100", "--max-drops", "99", "--netns", l.name)
	for range 10 {
		l.drop(t, 10)
	}
	c.wait(t, statusThreshold)
	var packets uint64
	for line := range strings.Lines(c.out.String()) {
		var s report.Summary
		if err := json.Unmarshal([]byte(line), &s); err != nil {
			t.Fatalf("decode %q: %v", line, err)
		}
		if !strings.HasPrefix(line, `{"schema":"dropwatch.summary.v1",`) {
			t.Errorf("schema is not first: %.80s", line)
		}
		packets += s.Total.Packets
	}
	if packets != 100 {
		t.Errorf("objects for %d packets, want 100", packets)
	}
}

func TestRootWatchPackets(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	c := watching(t, nil, "watch", "--packets", "--json", "--netns", l.name, "--filter", `transport == "UDP"`)
	port := l.drop(t, 300)
	c.signal(t, syscall.SIGTERM) // what waits in the kernel is printed too
	c.wait(t, 0)
	n := 0
	for line := range strings.Lines(c.out.String()) {
		var p report.Packet
		if err := json.Unmarshal([]byte(line), &p); err != nil {
			t.Fatalf("decode %q: %v", line, err)
		}
		n++
		if n > 1 {
			continue
		}
		checkNoSocket(t, l, p.Drop)
		if want := (report.Flow{Source: fmt.Sprintf("127.0.0.1:%d", port), Destination: "127.0.0.1:9"}); p.Schema != report.PacketSchema || p.Flow == nil || *p.Flow != want {
			t.Errorf("schema %q, flow %+v, want %+v", p.Schema, p.Flow, want)
		}
		if p.Length != 40 || !strings.HasSuffix(string(p.Data), "twelve bytes") {
			t.Errorf("length %d, data %q", p.Length, p.Data)
		}
	}
	if n != 300 {
		t.Errorf("%d packets, want 300; %s", n, &c.err)
	}
}

func TestRootWatchPacketsText(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	c := watching(t, nil, "watch", "--packets", "--count", "5", "--netns", l.name)
	l.drop(t, 20)
	c.wait(t, 0)
	entry := regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d\.\d{6} peer   NO_SOCKET  127\.0\.0\.1:\d+ > 127\.0\.0\.1:9  40 bytes\n    __udp4_lib_rcv\+0x[0-9a-f]+, ` + l.name + `:lo, IPv4 UDP`)
	if got := len(entry.FindAllString(c.out.String(), -1)); got != 5 {
		t.Errorf("%d entries, want 5:\n%s", got, &c.out)
	}
}

func TestRootWatchRateLimit(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	c := watching(t, nil, "watch", "--packets", "--json", "--rate", "10", "--interval", "20ms", "--netns", l.name)
	l.drop(t, 1000)
	c.signal(t, syscall.SIGINT)
	c.wait(t, 0)
	shown, limited := strings.Count(c.out.String(), "\n"), 0
	for _, match := range regexp.MustCompile(`missed: (\d+) packets held back by the rate limit`).FindAllStringSubmatch(c.err.String(), -1) {
		var n int
		fmt.Sscan(match[1], &n)
		limited += n
	}
	if shown+limited != 1000 || limited == 0 || shown == 0 {
		t.Errorf("%d shown and %d held back of 1000\n%s", shown, limited, &c.err)
	}
}

// A reader that goes away, as head does, ends the program.
func TestRootClosedOutput(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	for _, args := range [][]string{
		{"watch", "--packets"}, {"watch", "--packets", "--json"}, {"watch", "--interval", "10ms"},
	} {
		pipe, write, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		c := watching(t, func(c *exec.Cmd) { c.Stdout = write }, append(args, "--netns", l.name)...)
		_ = write.Close()
		l.drop(t, 1)
		if line, err := bufio.NewReader(pipe).ReadString('\n'); err != nil {
			t.Fatalf("%q: read %q: %v", args, line, err)
		}
		_ = pipe.Close()
		eventually(t, "the end of "+strings.Join(args, " "), func() bool {
			l.drop(t, 1)
			select {
			case <-c.done:
				return true
			default:
				return false
			}
		})
		if strings.Contains(c.err.String(), "panic") || strings.Count(c.err.String(), "\n") > 1 {
			t.Errorf("%q: standard error: %s", args, &c.err)
		}
	}
}

// Ctrl-C does not wait for the end of an interval.
func TestRootWatchLongInterval(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	c := watching(t, nil, "watch", "--interval", "1h", "--netns", l.name)
	l.drop(t, 30)
	c.signal(t, syscall.SIGINT)
	c.wait(t, 0)
	if !strings.Contains(c.out.String(), " 30 peer   NO_SOCKET") {
		t.Errorf("output:\n%s", &c.out)
	}
}
