package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dropwatch/internal/report"
)

// recordOn starts a recording of a lab and waits until it has begun its file.
func recordOn(t *testing.T, l *lab, file string, args ...string) *child {
	t.Helper()
	c := watching(t, nil, append([]string{"record", "--netns", l.name, "-w", file}, args...)...)
	c.begun(t, filepath.Dir(file))
	return c
}

// begun waits for the head of a file in a directory: by then all is being
// counted.
func (c *child) begun(t *testing.T, dir string) {
	t.Helper()
	c.until(t, "a file in "+dir, func() bool {
		entries, _ := os.ReadDir(dir)
		return slices.ContainsFunc(entries, func(e os.DirEntry) bool {
			info, err := e.Info()
			return err == nil && info.Size() > 0
		})
	})
}

// replayed is the document of a file.
func replayed(t *testing.T, file string, args ...string) report.Summary {
	t.Helper()
	output, err := exec.Command(programPath(), append([]string{"replay", "--json", file}, args...)...).Output()
	if err != nil {
		t.Fatalf("replay %s: %v", file, err)
	}
	var s report.Summary
	if err := json.Unmarshal(output, &s); err != nil {
		t.Fatalf("decode %s: %v", output, err)
	}
	return s
}

// shark runs one of Wireshark's programs.
func shark(t *testing.T, name string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("DROPWATCH_CI") != "" && os.Getenv("VMTEST") == "" {
			t.Fatalf("%v: install the package tshark", err)
		}
		t.Skipf("%v: install the package tshark", err)
	}
	c := exec.Command(path, args...)
	c.Env = append(os.Environ(), "TZ=UTC", "LC_ALL=C.UTF-8", "HOME="+t.TempDir())
	output, err := c.Output()
	if err != nil {
		t.Fatalf("%s %q: %v", name, args, err)
	}
	return string(output)
}

// recorded is what the line at the end tells.
func (c *child) recorded(t *testing.T) (packets, missed uint64) {
	t.Helper()
	match := regexp.MustCompile(`(?m)^(\d+) packets recorded to .*, (\d+) missed$`).FindStringSubmatch(c.err.String())
	if match == nil {
		t.Fatalf("standard error: %s", &c.err)
	}
	fmt.Sscan(match[1], &packets)
	fmt.Sscan(match[2], &missed)
	return packets, missed
}

// alike leaves out what two programs that watch at the same time see apart:
// which packet they take as an example, and when they began.
func alike(s report.Summary) report.Summary {
	s.From, s.To, s.Seconds = s.From.Truncate(1e18), s.To.Truncate(1e18), 0
	for i := range s.Drops {
		d := &s.Drops[i]
		d.Sample, d.First, d.Last = nil, d.First.Truncate(1e18), d.Last.Truncate(1e18)
	}
	return s
}

// A recording is what the summary of the same time was: the same rows, with
// process and culprit, and the same counters.
func TestRootRecordIsSummary(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	file := filepath.Join(t.TempDir(), "drops.pcapng")
	live := watching(t, nil, "summary", "--for", "10m", "--netns", l.name, "--json")
	live.waiting(t)
	c := recordOn(t, l, file)
	l.drop(t, 60)
	l.purge(t, 3)
	dropped := l.overflow(t, 50)
	c.signal(t, syscall.SIGINT)
	live.signal(t, syscall.SIGINT)
	c.wait(t, 0)
	live.wait(t, 0)
	want := live.summary(t)
	got := replayed(t, file)
	if diff := cmp.Diff(alike(want), alike(got)); diff != "" {
		t.Errorf("(-live +replayed)\n%s", diff)
	}
	if got.Total.Lost != uint64(60+dropped) || got.Total.Benign < 3 || len(got.Counters) == 0 {
		t.Errorf("total %+v, want %d lost; %d counters", got.Total, 60+dropped, len(got.Counters))
	}
	if packets, missed := c.recorded(t); packets != got.Total.Lost || missed != 0 {
		t.Errorf("%d packets recorded and %d missed", packets, missed)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	var culprit bool
	for _, d := range got.Drops {
		culprit = culprit || slices.ContainsFunc(d.Culprit, func(c report.Culprit) bool { return c.Process != nil && c.Process.PID == os.Getpid() })
	}
	if !culprit {
		t.Error("no row says that this process did not read its socket")
	}
}

func TestRootRecordInWireshark(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	file := filepath.Join(t.TempDir(), "drops.pcapng")
	c := recordOn(t, l, file, "-c", "25")
	port := l.drop(t, 40)
	c.wait(t, 0)
	want := strings.Repeat(fmt.Sprintf("lo|netns %s (%d)|54|%d|NO_SOCKET (peer) in __udp4_lib_rcv, %s:lo, IPv4 UDP, sFlow port_unreachable. Nobody listens|\n", l.name, l.inode, port, l.name), 25)
	args := []string{"-n", "-r", file, "-T", "fields", "-E", "separator=|"}
	for _, field := range []string{"frame.interface_name", "frame.interface_description", "frame.len", "udp.srcport", "frame.comment", "_ws.malformed"} {
		args = append(args, "-e", field)
	}
	got := shark(t, "tshark", args...)
	got = regexp.MustCompile(`\+0x[0-9a-f]+`).ReplaceAllString(got, "")
	got = regexp.MustCompile(`Nobody listens[^|]*`).ReplaceAllString(got, "Nobody listens")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	text := shark(t, "capinfos", "-M", file)
	for _, part := range []string{"Number of packets:   25\n", "Name = lo\n", "Time precision = nanoseconds (9)", "Number of stat entries = 1", "Number of packets = 25", "Capture application: dropwatch"} {
		if !strings.Contains(text, part) {
			t.Errorf("capinfos does not say %q:\n%s", part, text)
		}
	}
	if packets, _ := c.recorded(t); packets != 25 {
		t.Errorf("%d packets recorded", packets)
	}
}

// A pipe shows packets at once.
func TestRootRecordPipe(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	c := watching(t, func(c *exec.Cmd) { c.Stdout = write }, "record", "--netns", l.name, "-w", "-")
	_ = write.Close()
	p := launch(t, func(c *exec.Cmd) { c.Stdin = read }, "replay", "--packets", "-")
	for i := 1; i <= 3; i++ {
		l.drop(t, 5)
		p.until(t, fmt.Sprintf("packet %d", i*5), func() bool { return strings.Count(p.out.String(), "NO_SOCKET") == i*5 })
	}
	// as a terminal does
	p.signal(t, syscall.SIGINT)
	c.signal(t, syscall.SIGINT)
	c.wait(t, 0)
	p.wait(t, 0)
	if strings.Contains(p.err.String(), "cut off") {
		t.Errorf("standard error: %s", &p.err)
	}
	if packets, _ := c.recorded(t); packets != 15 || !strings.Contains(c.err.String(), "recorded to standard output") {
		t.Errorf("standard error: %s", &c.err)
	}
}

// What packets were, they are again.
func TestRootReplayPackets(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	file := filepath.Join(t.TempDir(), "drops.pcapng")
	live := watching(t, nil, "watch", "--packets", "--json", "--netns", l.name, "--snap", "256")
	c := recordOn(t, l, file)
	l.drop(t, 30)
	l.overflow(t, 30)
	c.signal(t, syscall.SIGINT)
	live.signal(t, syscall.SIGINT)
	c.wait(t, 0)
	live.wait(t, 0)
	output, err := exec.Command(programPath(), "replay", "--packets", "--json", file).Output()
	if err != nil {
		t.Fatal(err)
	}
	// Each has read the clock by itself, and looked for the owner of the socket.
	own := regexp.MustCompile(`"time":"[^"]*",|"process":{[^}]*},`)
	same := func(text string) []string { return strings.Split(own.ReplaceAllString(text, ""), "\n") }
	if diff := cmp.Diff(same(live.out.String()), same(string(output))); diff != "" {
		t.Errorf("(-live +replayed)\n%s", diff)
	}
}
