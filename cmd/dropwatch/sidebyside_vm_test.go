package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"dropwatch/dropmon"
)

// These tests run beside the C programs, under a kernel with a drop monitor
// that nobody else uses: in the guests of make test-vm.

// needOriginal returns where a C program is.
func needOriginal(t *testing.T, name string) string {
	t.Helper()
	if os.Getenv("VMTEST") == "" {
		t.Skip("runs in the guests of make test-vm")
	}
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatal(err)
	}
	if a := activity(t); a != dropmon.ActivityIdle {
		t.Fatalf("the drop monitor is not idle (%d)", a)
	}
	t.Cleanup(func() { // a test that fails kills who has it on
		if err := dropmon.StopMonitor(); err != nil {
			t.Error(err)
		}
	})
	return path
}

func activity(t *testing.T) dropmon.Activity {
	t.Helper()
	m, err := dropmon.Monitor()
	if err != nil {
		t.Fatal(err)
	}
	return m.Activity
}

// becomes waits until the monitor is on or idle.
func (c *child) becomes(t *testing.T, want dropmon.Activity) {
	t.Helper()
	c.until(t, fmt.Sprintf("activity %d of the monitor", want), func() bool { return activity(t) == want })
}

// original starts the C program with some commands, the last of which is start.
// It prints to a terminal, so that each line can be seen at once.
func original(t *testing.T, path, commands string) (*child, *os.File) {
	t.Helper()
	input, change := script(t)
	terminal, screen := pseudoTerminal(t)
	c := launchOther(t, path, func(c *exec.Cmd) {
		change(c)
		c.Stdout = screen
	}, "-l", "kas")
	go c.follow(terminal)
	say(t, input, commands)
	c.becomes(t, dropmon.ActivityOn)
	return c, input
}

// ours starts our shell with some commands, the last of which is start.
func ours(t *testing.T, commands string) (*child, *os.File) {
	t.Helper()
	input, change := script(t)
	c := launch(t, change, "-l", "kas")
	say(t, input, commands)
	c.until(t, "the start of ours", func() bool { return strings.Contains(c.out.String(), "Issue Ctrl-C") })
	return c, input
}

// leave ends the capture and the shell.
func leave(t *testing.T, c *child, input *os.File) {
	t.Helper()
	c.signal(t, syscall.SIGINT)
	if err := input.Close(); err != nil {
		t.Fatal(err)
	}
}

// A target is a port of this host that nobody listens at.
type target struct {
	from net.PacketConn
	to   net.Addr
}

func newTarget(t *testing.T) target {
	t.Helper()
	closed, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	from, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { from.Close() })
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	return target{from, closed.LocalAddr()}
}

// send sends datagrams of growing lengths.
func (o target) send(t *testing.T, n int) {
	t.Helper()
	for i := range n {
		if _, err := o.from.WriteTo(make([]byte, 10*i), o.to); err != nil {
			t.Fatal(err)
		}
	}
}

func (o target) flow() string { return fmt.Sprintf("flow: %v > %v\n", o.from.LocalAddr(), o.to) }

var classicLine = regexp.MustCompile(`(?m)^(\d+) drops at (.*? \[(?:software|hardware)\])`)

// sums adds up the packets of summary lines by place and origin.
func sums(t *testing.T, out string) map[string]int {
	t.Helper()
	sums := map[string]int{}
	for _, m := range classicLine.FindAllStringSubmatch(out, -1) {
		n, err := strconv.Atoi(m[1])
		if err != nil {
			t.Fatal(err)
		}
		sums[m[2]] += n
	}
	return sums
}

// largest is the place with most packets.
func largest(sums map[string]int) (place string) {
	for p, n := range sums {
		if n > sums[place] {
			place = p
		}
	}
	return place
}

// Both programs count the same drops at the same places. Those that the kernel
// had between the two starts only the C program can have.
func TestVMSideBySideSummary(t *testing.T) {
	path := needOriginal(t, "dropwatch")
	their, theirInput := original(t, path, "start\n")
	our, ourInput := ours(t, "set source netdm\nstart\n")
	port := newTarget(t)
	for burst := 1; burst <= 3; burst++ { // each in an alert of its own
		port.send(t, 10)
		our.until(t, fmt.Sprintf("burst %d", burst), func() bool {
			s := sums(t, our.out.String())
			return s[largest(s)] >= 10*burst
		})
	}
	// at its end the C program throws away what it has not read yet
	their.until(t, "all drops in the C program", func() bool { s := sums(t, their.out.String()); return s[largest(s)] >= 30 })
	leave(t, our, ourInput)
	our.wait(t, 0)
	leave(t, their, theirInput)
	their.wait(t, 0)

	got, want := sums(t, our.out.String()), sums(t, their.out.String())
	if place := largest(got); got[place] != 30 || want[place] != 30 {
		t.Errorf("%d packets at %s, the C program has %d, want 30", got[place], place, want[place])
	}
	for place, n := range got {
		if want[place] < n {
			t.Errorf("%d packets at %s, the C program has %d", n, place, want[place])
		}
	}
	if !strings.Contains(our.err.String(), "listening only") || !strings.Contains(our.err.String(), "set takeover true") {
		t.Errorf("standard error: %s", &our.err)
	}
	if t.Failed() {
		t.Logf("C program:\n%s\nours:\n%s", &their.out, &our.out)
	}
}

// blocks are what packet mode prints, each with the lines of one packet.
func blocks(out string) (all [][]string) {
	for block := range strings.SplitSeq(out, "\n\n") {
		if at := strings.Index(block, "drop at: "); at >= 0 {
			all = append(all, strings.Split(block[at:], "\n"))
		}
	}
	return all
}

// timestamp tells blocks apart.
func timestamp(block []string) string {
	for _, line := range block {
		if strings.HasPrefix(line, "timestamp: ") {
			return line
		}
	}
	return ""
}

// Both programs print the same block for each packet; ours has lines more.
func TestVMSideBySidePackets(t *testing.T) {
	path := needOriginal(t, "dropwatch")
	their, theirInput := original(t, path, "set alertmode packet\nset trunc 80\nset queue 100\nstart\n")
	our, ourInput := ours(t, "set source netdm\nset alertmode packet\nstart\n")
	port := newTarget(t)
	for burst := 1; burst <= 3; burst++ {
		port.send(t, 10)
		our.until(t, fmt.Sprintf("burst %d", burst), func() bool { return strings.Count(our.out.String(), port.flow()) == 10*burst })
	}
	leave(t, our, ourInput)
	our.wait(t, 0)
	// at its end the C program throws away what it has not read yet
	all := blocks(our.out.String())
	last := timestamp(all[len(all)-1])
	their.until(t, "all packets in the C program", func() bool {
		_, after, found := strings.Cut(their.out.String(), last)
		return found && strings.Contains(after, "\n\n")
	})
	leave(t, their, theirInput)
	their.wait(t, 0)

	got, want := blocks(our.out.String()), blocks(their.out.String())
	for len(want) > len(got) && timestamp(want[0]) != timestamp(got[0]) {
		want = want[1:] // before ours listened
	}
	if len(got) < 30 || len(want) < len(got) {
		t.Fatalf("%d blocks, the C program has %d:\n%s\nC program:\n%s", len(got), len(want), &our.out, &their.out)
	}
	for i, block := range got {
		for j, line := range want[i] {
			if j >= len(block) || !sameClassic(line, block[j]) {
				t.Fatalf("packet %d: the C program has\n%s\nours is\n%s", i, strings.Join(want[i], "\n"), strings.Join(block, "\n"))
			}
		}
	}
}

var cutPlace = regexp.MustCompile(`^drop at: (.{39}) (\(0x[0-9a-f]+\))$`)

// sameClassic tells whether our line begins as that of the C program, which
// prints the kernel's own name for the place: cut at 39 bytes.
func sameClassic(theirs, ours string) bool {
	if cut := cutPlace.FindStringSubmatch(theirs); cut != nil {
		return strings.HasPrefix(ours, "drop at: "+cut[1]) && strings.HasSuffix(ours, " "+cut[2])
	}
	return strings.HasPrefix(ours, theirs)
}

// show and stats tell of the kernel's monitor; takeover restarts it.
func TestVMSideBySideTakeover(t *testing.T) {
	path := needOriginal(t, "dropwatch")
	their, theirInput := original(t, path, "set alertmode packet\nset trunc 80\nset queue 100\nstart\n")
	input, change := script(t)
	our := launch(t, change)
	say(t, input, "set source netdm\nshow\nstats\nset takeover true\nset coarse true\nstart\n")
	our.until(t, "the start of ours", func() bool { return strings.Contains(our.out.String(), "Issue Ctrl-C") })
	for _, want := range []string{
		"Kernel monitor: on for another program\nKernel monitor settings: mode packet, truncation 80 bytes, queue 100 packets\n",
		"Software statistics:\nTail dropped: 0\nHardware statistics:\nTail dropped: 0\n",
	} {
		if !strings.Contains(our.out.String(), want) {
			t.Errorf("no %q in\n%s", want, &our.out)
		}
	}
	if m, err := dropmon.Monitor(); err != nil || m.Packets {
		t.Errorf("state %+v, %v, want summaries", m, err)
	}
	port := newTarget(t)
	port.send(t, 10)
	our.until(t, "the drops", func() bool { s := sums(t, our.out.String()); return s[largest(s)] == 10 })
	leave(t, our, input)
	our.wait(t, 0)
	if strings.Contains(our.err.String(), "listening only") {
		t.Errorf("standard error: %s", &our.err)
	}
	if a := activity(t); a != dropmon.ActivityIdle {
		t.Errorf("activity %d of the monitor, want idle", a)
	}
	leave(t, their, theirInput)
	their.wait(t, 0)
}
