package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"dropwatch/internal/netdm"
	"dropwatch/internal/report"
)

// monitor is a client for tests that ask for the state of the kernel's drop
// monitor, which must be off.
func monitor(t *testing.T) *netdm.Client {
	t.Helper()
	c, err := netdm.Dial(netdm.Config{Runtime: t.TempDir()})
	if err != nil {
		if os.Getenv("VMTEST") == "" && errors.Is(err, netdm.ErrNotAvailable) {
			t.Skip(err)
		}
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() { // so that the next test fails for its own faults only
			_ = c.Stop(true, true)
			_ = os.RemoveAll("/run/dropwatch")
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	monitorIs(t, c, netdm.Idle)
	return c
}

func monitorIs(t *testing.T, c *netdm.Client, want netdm.State) {
	t.Helper()
	if got, err := c.State(); got != want || err != nil {
		t.Fatalf("the drop monitor is %v, %v; want %v", got, err, want)
	}
}

func settings(t *testing.T, c *netdm.Client) netdm.Settings {
	t.Helper()
	s, err := c.Configuration()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// idleAgain demands that nothing is left of what was switched on and set.
func idleAgain(t *testing.T, c *netdm.Client, before netdm.Settings) {
	t.Helper()
	monitorIs(t, c, netdm.Idle)
	if now := settings(t, c); now != before {
		t.Errorf("settings %+v, want %+v as before", now, before)
	}
	entries, err := os.ReadDir("/run/dropwatch")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		t.Errorf("%s is left", e.Name())
	}
}

// datagrams starts a dropwatch that counts the datagrams dropped, and waits
// until another client sees the monitor on.
func datagrams(t *testing.T, c *netdm.Client) *child {
	t.Helper()
	d := launch(t, nil, "watch", "--source", "netdm", "--json", "--interval", "100ms", "--filter", `transport == "UDP"`)
	d.monitoring(t, c)
	return d
}

func (c *child) monitoring(t *testing.T, client *netdm.Client) {
	t.Helper()
	c.slowly(t, "the drop monitor", func() bool {
		state, err := client.State()
		return err == nil && state == netdm.Foreign
	})
}

// slowly is until for guests, where several programs that start at once share
// an emulated processor.
func (c *child) slowly(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(6 * patience); !so(); time.Sleep(20 * time.Millisecond) {
		select {
		case <-c.done:
			if so() { // just before
				return
			}
		default:
			if time.Now().Before(end) {
				continue
			}
		}
		t.Fatalf("waited in vain for %s\noutput: %s\nerrors: %s", what, &c.out, &c.err)
	}
}

// warned waits for a line on standard error, which comes when drops are being
// counted.
func (c *child) warned(t *testing.T, text string) {
	t.Helper()
	c.slowly(t, "the warning "+strconv.Quote(text), func() bool { return strings.Contains(c.err.String(), text) })
}

// counted sums up the objects that were printed.
func (c *child) counted(t *testing.T) (packets uint64) {
	t.Helper()
	text := c.out.String()
	for line := range strings.Lines(text[:strings.LastIndexByte(text, '\n')+1]) {
		var s report.Summary
		if err := json.Unmarshal([]byte(line), &s); err != nil {
			t.Fatalf("decode %q: %v", line, err)
		}
		packets += s.Total.Packets
	}
	return packets
}

// counts waits for packets, ends the program and demands that there were no
// more.
func (c *child) counts(t *testing.T, packets uint64) {
	t.Helper()
	c.slowly(t, strconv.FormatUint(packets, 10)+" packets", func() bool { return c.counted(t) >= packets })
	c.signal(t, syscall.SIGINT)
	c.wait(t, statusDone)
	if got := c.counted(t); got != packets {
		t.Errorf("%d packets, want %d\n%s", got, packets, &c.out)
	}
}

const (
	leftOn    = "was left on by a dropwatch that was killed"
	listening = "already on for another program: listening only"
)

// What a killed dropwatch leaves on is no hindrance for the next one, which
// puts it in order.
func TestVMKilled(t *testing.T) {
	client := monitor(t)
	before := settings(t, client)
	l := newLab(t)
	for range 2 { // killed again, it still knows the first settings
		first := datagrams(t, client)
		first.slowly(t, "its settings", func() bool { return settings(t, client).Mode == netdm.Packets })
		first.signal(t, syscall.SIGKILL)
		<-first.done
		monitorIs(t, client, netdm.Foreign)
	}
	l.drop(t, 7) // nobody sees these
	text, status := outcome(t, "", []string{programPath(), "doctor"})
	if told := strings.Join(strings.Fields(text), " "); status != statusDone || !strings.Contains(told, leftOn) {
		t.Errorf("doctor: status %d, does not say %q:\n%s", status, leftOn, text)
	}
	monitorIs(t, client, netdm.Foreign)

	second := launch(t, nil, "watch", "--source", "netdm", "--json", "--interval", "100ms", "--filter", `transport == "UDP"`)
	second.warned(t, leftOn)
	l.drop(t, 100)
	second.counts(t, 100)
	for line := range strings.Lines(second.err.String()) {
		if strings.Contains(line, "--takeover") {
			t.Errorf("takeover is not needed: %s", line)
		}
	}
	idleAgain(t, client, before)
}

// Another program's monitor stays on, in its mode, when ours comes and goes.
func TestVMSecondUser(t *testing.T) {
	client := monitor(t)
	before := settings(t, client)
	l := newLab(t)

	t.Run("client", func(t *testing.T) {
		other := monitor(t)
		theirs := netdm.Settings{Mode: netdm.Packets, Truncate: 60, Queue: 700}
		must(t, other.Configure(theirs))
		must(t, other.Subscribe())
		must(t, other.Start(true, false))
		comesAndGoes(t, l)
		if now := settings(t, other); now != theirs {
			t.Errorf("settings %+v, want %+v", now, theirs)
		}
		monitorIs(t, other, netdm.Ours)
		seen := map[uint16]int{}
		receive(t, other, func(a *netdm.Alert) {
			if port := sourcePort(&a.Packet); port != 0 {
				seen[port]++
			}
		}) // what came until now
		port := uint16(l.drop(t, 50))
		for end := time.Now().Add(patience); seen[port] < 50 && time.Now().Before(end); {
			receive(t, other, func(a *netdm.Alert) { seen[sourcePort(&a.Packet)]++ })
		}
		if seen[port] != 50 {
			t.Errorf("the other sees %d of 50", seen[port])
		}
		must(t, other.Close())
	})
	idleAgain(t, client, before)

	t.Run("C program", func(t *testing.T) { secondUserInC(t, client, l) })
	idleAgain(t, client, before)

	t.Run("ours", func(t *testing.T) {
		first := datagrams(t, client)
		second := launch(t, nil, "watch", "--source", "netdm", "--json", "--interval", "100ms", "--filter", `transport == "UDP"`)
		second.warned(t, listening)
		first.signal(t, syscall.SIGINT)
		first.wait(t, statusDone)
		second.monitoring(t, client) // it has noticed
		l.drop(t, 100)
		second.counts(t, 100)
	})
	idleAgain(t, client, before)

	t.Run("stopped by another", func(t *testing.T) {
		c := datagrams(t, client)
		must(t, client.Stop(true, true))
		c.monitoring(t, client)
		l.drop(t, 100)
		c.counts(t, 100)
	})
	idleAgain(t, client, before)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func receive(t *testing.T, c *netdm.Client, yield func(*netdm.Alert)) {
	t.Helper()
	must(t, c.Receive(time.Now().Add(100*time.Millisecond), yield))
}

// sourcePort is that of a dropped datagram; 0 of all else.
func sourcePort(p *netdm.Packet) uint16 {
	const ethernet, ipv4 = 14, 20
	if len(p.Payload) < ethernet+ipv4+2 || p.Protocol != 0x800 || p.Payload[ethernet+9] != syscall.IPPROTO_UDP {
		return 0
	}
	return uint16(p.Payload[ethernet+ipv4])<<8 | uint16(p.Payload[ethernet+ipv4+1])
}

// comesAndGoes runs ours next to another's monitor until Ctrl-C.
func comesAndGoes(t *testing.T, l *lab) {
	t.Helper()
	guest := launch(t, nil, "watch", "--source", "netdm")
	guest.warned(t, listening)
	l.drop(t, 10)
	guest.signal(t, syscall.SIGINT)
	guest.wait(t, statusDone)
}

// queued is how many bytes wait in netlink sockets.
func queued(t *testing.T) (sum int) {
	t.Helper()
	const received = 4 // the column Rmem
	text, err := os.ReadFile("/proc/net/netlink")
	must(t, err)
	for line := range strings.Lines(string(text)) {
		if n, err := strconv.Atoi(strings.Fields(line)[received]); err == nil {
			sum += n
		}
	}
	return sum
}

// sleeps tells whether a process waits for something.
func sleeps(t *testing.T, pid int) bool {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	must(t, err)
	return strings.HasPrefix(string(text[bytes.LastIndexByte(text, ')')+1:]), " S")
}

// secondUserInC does that with the program in C, which prints at its end what it
// has received.
func secondUserInC(t *testing.T, client *netdm.Client, l *lab) {
	script, write, err := os.Pipe()
	must(t, err)
	defer script.Close()
	defer write.Close()
	path, err := exec.LookPath("dropwatch")
	must(t, err)
	other := launchOther(t, path, func(c *exec.Cmd) { c.Stdin = script }, "-l", "kas")
	_, err = io.WriteString(write, "start\n")
	must(t, err)
	other.monitoring(t, client)
	theirs := settings(t, client)

	comesAndGoes(t, l)
	monitorIs(t, client, netdm.Foreign)
	if now := settings(t, client); now != theirs {
		t.Errorf("settings %+v, want %+v", now, theirs)
	}
	must(t, client.Subscribe())
	l.drop(t, 333)
	// An alert comes to all who listen at once.
	arrived := map[uint64]uint32{}
	most := uint32(0)
	for end := time.Now().Add(patience); most < 333 && time.Now().Before(end); {
		receive(t, client, func(a *netdm.Alert) {
			for _, hit := range a.Hits {
				arrived[hit.Location] += hit.Count
				most = max(most, arrived[hit.Location])
			}
		})
	}
	must(t, client.Unsubscribe())
	other.slowly(t, "a reader that has read all", func() bool { return queued(t) == 0 && sleeps(t, other.command.Process.Pid) })
	other.signal(t, syscall.SIGINT)
	_, err = io.WriteString(write, "exit\n")
	must(t, err)
	other.wait(t, statusDone)
	sums := map[string]int{}
	for _, match := range regexp.MustCompile(`(?m)^(\d+) drops at (\S+) `).FindAllStringSubmatch(other.out.String(), -1) {
		n, err := strconv.Atoi(match[1])
		must(t, err)
		if sums[match[2]] += n; sums[match[2]] >= 10+333 {
			return
		}
	}
	t.Errorf("the other program sees %v, want 10 and 333 at one place:\n%s\n%s", sums, &other.out, &other.err)
}
