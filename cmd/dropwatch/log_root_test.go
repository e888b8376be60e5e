package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A logged line is one of JSON.
type logged struct {
	Event      string
	Severity   string
	Reason     string
	Discard    string
	Netns      string
	Packets    int
	Suppressed int
	Lost       int
}

// loggedLines decodes what was logged so far; the last line may be incomplete.
func loggedLines(t *testing.T, text string) (lines []logged) {
	t.Helper()
	for line := range strings.Lines(text) {
		if !strings.HasSuffix(line, "\n") {
			break
		}
		var l logged
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("decode %q: %v", line, err)
		}
		lines = append(lines, l)
	}
	return lines
}

// packetsOf adds up the packets of an event.
func packetsOf(lines []logged, event string) (n int) {
	for _, l := range lines {
		if l.Event == event {
			n += l.Packets
		}
	}
	return n
}

// freePort finds a port that nobody listens at.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// TestRootLog logs to two destinations, one of which is renamed meanwhile, and
// to Prometheus.
func TestRootLog(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	path := filepath.Join(t.TempDir(), "drops.json")
	address := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	c := watching(t, nil, "log", "--netns", l.name, "--interval", "50ms", "--format", "json",
		"--to", "stdout", "--to", "file:"+path, "--metrics", address, "--metrics-by", "netns")
	sum := func() int { return packetsOf(loggedLines(t, c.out.String()), "drop") }
	l.drop(t, 30)
	c.until(t, "lines for 30 packets", func() bool { return sum() == 30 })
	sample := fmt.Sprintf(`dropwatch_drop_packets_total{class="peer",netns=%q,origin="software",reason="NO_SOCKET",subsystem="core"} 30`, l.name)
	if text := scrape(t, address); !strings.Contains(text, sample) {
		t.Errorf("no %s in\n%s", sample, text)
	}
	if err := os.Rename(path, path+".old"); err != nil {
		t.Fatal(err)
	}
	c.signal(t, syscall.SIGHUP)
	eventually(t, "a new file", func() bool {
		_, err := os.Stat(path)
		return err == nil
	})
	l.drop(t, 12)
	c.signal(t, syscall.SIGTERM) // the last interval is logged too
	c.wait(t, 0)
	lines := loggedLines(t, c.out.String())
	for _, line := range lines {
		if line.Event == "drop" && (line.Reason != "NO_SOCKET" || line.Netns != l.name || line.Discard != "port_unreachable" || line.Severity != "info") {
			t.Errorf("line %+v", line)
		}
	}
	if first, last := lines[0], lines[len(lines)-1]; first.Event != "start" || last.Event != "stop" || last.Lost != 42 || sum() != 42 {
		t.Errorf("from %+v to %+v, %d packets in all", first, last, sum())
	}
	var files [2][]logged
	for i, name := range []string{path + ".old", path} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[i] = loggedLines(t, string(text))
	}
	if old, now := packetsOf(files[0], "drop"), packetsOf(files[1], "drop"); old < 30 || old+now != 42 {
		t.Errorf("%d packets in the renamed file, %d in the new one", old, now)
	}
}

func scrape(t *testing.T, address string) string {
	t.Helper()
	response, err := http.Get("http://" + address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestRootLogPackets: what the rate limit holds back is logged as a number.
func TestRootLogPackets(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	c := watching(t, nil, "log", "--netns", l.name, "--packets", "--rate", "10", "--interval", "50ms", "--format", "json")
	l.drop(t, 300)
	c.signal(t, syscall.SIGINT)
	c.wait(t, 0)
	lines := loggedLines(t, c.out.String())
	suppressed := 0
	for _, line := range lines {
		suppressed += line.Suppressed
	}
	if n := packetsOf(lines, "packet"); n == 0 || n > 30 || n+suppressed != 300 || packetsOf(lines, "drop") != 0 {
		t.Errorf("%d packets logged, %d suppressed, of 300:\n%s", n, suppressed, &c.out)
	}
}

// TestRootLogAway: a destination that is away holds up neither the counting nor
// the other one, and what it did not get is told.
func TestRootLogAway(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	away := fmt.Sprintf("syslog+tcp://127.0.0.1:%d", freePort(t))
	c := watching(t, nil, "log", "--netns", l.name, "--interval", "20ms", "--lines", "3", "--to", "stdout", "--to", away, "--format", "json")
	c.until(t, "a complaint", func() bool { return strings.Contains(c.err.String(), "connection refused") })
	for n := 1; n <= 8; n++ {
		l.drop(t, 5)
		c.until(t, "the lines", func() bool { return packetsOf(loggedLines(t, c.out.String()), "drop") == 5*n })
	}
	c.signal(t, syscall.SIGTERM)
	c.wait(t, statusFailed)
	if text := c.err.String(); !strings.Contains(text, away) || !strings.Contains(text, "lost") {
		t.Errorf("standard error does not tell what is lost: %s", text)
	}
}

// TestRootLogGone: when nobody reads the only destination any more, it ends.
func TestRootLogGone(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	c := watching(t, func(c *exec.Cmd) { c.Stdout = write }, "log", "--netns", l.name, "--interval", "1h")
	write.Close()
	read.Close()
	c.signal(t, syscall.SIGHUP) // nothing to open anew, and no reason to end
	l.drop(t, 1)
	c.signal(t, syscall.SIGTERM)
	c.wait(t, statusFailed)
	if text := c.err.String(); !strings.Contains(text, "stdout") || strings.Contains(text, "goroutine") {
		t.Errorf("standard error: %s", text)
	}
}
