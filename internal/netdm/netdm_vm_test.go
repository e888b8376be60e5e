package netdm

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// These tests need a real drop monitor that nobody else uses. In a virtual
// machine made for them (VMTEST=1) it must be there.

func vmClient(t *testing.T) *Client {
	t.Helper()
	c, err := Dial(Config{})
	if err != nil {
		if os.Getenv("VMTEST") == "" && errors.Is(err, ErrNotAvailable) {
			t.Skip(err)
		}
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	state, err := c.State()
	if err != nil {
		t.Fatal(err)
	}
	if state != Idle && os.Getenv("VMTEST") == "" {
		t.Skipf("the drop monitor is %v", state)
	}
	return c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// closedPort sends datagrams to a port of this host that nobody listens on, and
// returns the port.
func closedPort(t *testing.T, n int) uint16 {
	t.Helper()
	// A port that was just free; a connected socket would be told and stop.
	probe, err := net.ListenPacket("udp4", "127.0.0.1:0")
	must(t, err)
	address := probe.LocalAddr().(*net.UDPAddr)
	must(t, probe.Close())
	from, err := net.ListenPacket("udp4", "127.0.0.1:0")
	must(t, err)
	defer from.Close()
	for range n {
		_, err := from.WriteTo([]byte("dropwatch"), address)
		must(t, err)
	}
	return uint16(address.Port)
}

// toPort tells whether a packet alert is a datagram to the port.
func toPort(p *Packet, port uint16) bool {
	const ethernet, ipv4 = 14, 20
	return len(p.Payload) >= ethernet+ipv4+4 && p.Protocol == 0x800 && p.Payload[ethernet+9] == unix.IPPROTO_UDP &&
		uint16(p.Payload[ethernet+ipv4+2])<<8|uint16(p.Payload[ethernet+ipv4+3]) == port
}

// receivePackets receives until n datagrams to the port have come.
func receivePackets(t *testing.T, c *Client, port uint16, n int, check func(*Packet)) int {
	t.Helper()
	got := 0
	deadline := soon()
	for got < n && time.Now().Before(deadline) {
		must(t, c.Receive(deadline, func(a *Alert) {
			if a.Mode != Packets || !toPort(&a.Packet, port) {
				return
			}
			if check != nil {
				check(&a.Packet)
			}
			if got++; got == n {
				c.Wake()
			}
		}))
	}
	return got
}

func TestVMSettings(t *testing.T) {
	c := vmClient(t)
	before, err := c.Configuration()
	must(t, err)
	want := Settings{Mode: Packets, Truncate: 77, Queue: before.Queue + 1}
	must(t, c.Configure(want))
	got, err := c.Configuration()
	must(t, err)
	equal(t, want, got)
	must(t, c.Release())
	got, err = c.Configuration()
	must(t, err)
	equal(t, before, got)
}

func TestVMRefusals(t *testing.T) {
	c := vmClient(t)
	err := c.Configure(Settings{Mode: 9})
	if !errors.Is(err, unix.EINVAL) || !strings.Contains(err.Error(), "Invalid alert mode") {
		t.Errorf("bad mode: %v", err)
	}
	must(t, c.Start(true, true))
	other, err := Dial(Config{})
	must(t, err)
	defer other.Close()
	for _, test := range []struct {
		name  string
		err   error
		kind  error
		words string
	}{
		{"software twice", other.Start(true, false), ErrRunning, "Trace state already set to requested state"},
		{"hardware twice", other.Start(false, true), ErrRunning, "Hardware monitoring already enabled"},
		{"configure", other.Configure(Settings{Mode: Packets, Queue: 5}), ErrBusy, "Cannot configure drop monitor during monitoring"},
	} {
		if !errors.Is(test.err, test.kind) || !strings.Contains(test.err.Error(), test.words) {
			t.Errorf("%s: got %v, want %v with %q", test.name, test.err, test.kind, test.words)
		}
	}
	for client, want := range map[*Client]State{c: Ours, other: Foreign} {
		if got, err := client.State(); got != want || err != nil {
			t.Errorf("state %v, %v, want %v", got, err, want)
		}
	}
	must(t, other.Close())
	if got, err := c.State(); got != Ours || err != nil {
		t.Errorf("after another client has gone: state %v, %v", got, err)
	}
	must(t, c.Release())
	if got, err := c.State(); got != Idle || err != nil {
		t.Errorf("after release: state %v, %v", got, err)
	}
}

func TestVMPackets(t *testing.T) {
	c := vmClient(t)
	must(t, c.Configure(Settings{Mode: Packets, Truncate: 64, Queue: 1000}))
	must(t, c.Subscribe())
	must(t, c.Start(true, false))
	const sent = 100
	begin := time.Now()
	port := closedPort(t, sent)
	got := receivePackets(t, c, port, sent, func(p *Packet) {
		reason := "NO_SOCKET"
		if !c.Features().Reason {
			reason = ""
		}
		if p.Origin != Software || p.Location == 0 || len(p.Symbol) == 0 || string(p.Reason) != reason {
			t.Errorf("location %#x, symbol %q, reason %q", p.Location, p.Symbol, p.Reason)
		}
		// 14 bytes Ethernet, 20 IP, 8 UDP, 9 data
		if p.Interface != 1 || p.Length != 51 || len(p.Payload) != 51 {
			t.Errorf("interface %d, length %d, %d bytes", p.Interface, p.Length, len(p.Payload))
		}
		if p.Time.Before(begin.Add(-time.Second)) || p.Time.After(time.Now().Add(time.Second)) {
			t.Errorf("time %v is not now", p.Time)
		}
	})
	socket, kernel, err := c.Losses()
	must(t, err)
	if got != sent || socket != 0 || kernel != 0 {
		t.Errorf("sent %d, got %d, lost %d and %d", sent, got, socket, kernel)
	}
}

func TestVMTruncate(t *testing.T) {
	c := vmClient(t)
	must(t, c.Configure(Settings{Mode: Packets, Truncate: 40, Queue: 1000}))
	must(t, c.Subscribe())
	must(t, c.Start(true, false))
	port := closedPort(t, 1)
	receivePackets(t, c, port, 1, func(p *Packet) {
		if len(p.Payload) != 40 || p.Length != 51 {
			t.Errorf("%d bytes of %d, want 40 of 51", len(p.Payload), p.Length)
		}
	})
}

// With a queue of nothing the kernel loses all, and counts all.
func TestVMKernelLosses(t *testing.T) {
	c := vmClient(t)
	must(t, c.Configure(Settings{Mode: Packets, Truncate: 64, Queue: 0}))
	must(t, c.Subscribe())
	before, err := c.Stats()
	must(t, err)
	must(t, c.Start(true, false))
	const sent = 20
	closedPort(t, sent)
	must(t, c.Stop(true, false))
	after, err := c.Stats()
	must(t, err)
	if n := after.Software - before.Software; n != sent {
		t.Errorf("the kernel counts %d, want %d", n, sent)
	}
	expectLosses(t, c, 0, sent)
	must(t, c.Unsubscribe())
	if n := count(t, c, time.Time{}); n != 0 {
		t.Errorf("%d alerts", n)
	}
}

// burst sends many and returns what came and what was lost.
func burst(t *testing.T, c *Client, sent int) (got int, socket, kernel uint64) {
	t.Helper()
	must(t, c.Subscribe())
	must(t, c.Start(true, false))
	port := closedPort(t, sent)
	// Nobody reads meanwhile. What the kernel still holds comes while the
	// monitor is on.
	idle := 0
	for idle < 3 {
		n := 0
		must(t, c.Receive(time.Now().Add(200*time.Millisecond), func(a *Alert) {
			n++
			if toPort(&a.Packet, port) {
				got++
			}
		}))
		if idle++; n > 0 {
			idle = 0
		}
	}
	socket, kernel, err := c.Losses()
	must(t, err)
	return got, socket, kernel
}

// A burst that nobody reads until it is over is there to the last packet, with
// the settings that dropwatch uses.
func TestVMBurst(t *testing.T) {
	c := vmClient(t)
	must(t, c.Configure(Settings{Mode: Packets, Truncate: 128, Queue: 20000}))
	const sent = 20000
	start := time.Now()
	got, socket, kernel := burst(t, c, sent)
	t.Logf("sent %d, got %d, lost %d in the socket and %d in the kernel, %v", sent, got, socket, kernel, time.Since(start))
	if uint64(got)+socket+kernel != sent {
		t.Errorf("sent %d, got %d, lost %d and %d", sent, got, socket, kernel)
	}
	if got != sent {
		t.Errorf("got %d of %d", got, sent)
	}
}

// Both kinds of loss at once add up exactly.
func TestVMLossesAddUp(t *testing.T) {
	for _, s := range []struct {
		buffer int
		queue  uint32
	}{{64 << 10, 1000}, {64 << 10, 5}, {0, 5}} {
		t.Run(fmt.Sprintf("buffer %d, queue %d", s.buffer, s.queue), func(t *testing.T) {
			vmClient(t) // skips
			c, err := Dial(Config{ReceiveBuffer: s.buffer})
			must(t, err)
			defer c.Close()
			must(t, c.Configure(Settings{Mode: Packets, Truncate: 64, Queue: s.queue}))
			const sent = 1500
			got, socket, kernel := burst(t, c, sent)
			t.Logf("sent %d, got %d, lost %d in the socket and %d in the kernel", sent, got, socket, kernel)
			if uint64(got)+socket+kernel != sent {
				t.Errorf("sent %d, got %d, lost %d and %d: %d are not accounted for", sent, got, socket, kernel, sent-got-int(socket)-int(kernel))
			}
			if s.buffer != 0 && socket == 0 {
				t.Error("the small buffer has lost nothing, so this tests nothing")
			}
			var listed uint32
			var failed error
			must(t, c.receiver.raw.Control(func(fd uintptr) { listed, failed = listedDrops(fd) }))
			if failed != nil || uint64(listed) != socket {
				t.Errorf("/proc/net/netlink counts %d, %v, the socket %d", listed, failed, socket)
			}
		})
	}
}

func TestVMSummary(t *testing.T) {
	c := vmClient(t)
	must(t, c.Configure(Settings{Mode: Summary, Queue: 1000}))
	must(t, c.Subscribe())
	must(t, c.Start(true, false))
	const sent = 1000
	closedPort(t, sent)
	most := make(map[uint64]int)
	deadline := time.Now().Add(3 * SummaryDelay)
	must(t, c.Receive(deadline, func(a *Alert) {
		if a.Mode != Summary {
			t.Error("a packet in summary mode")
		}
		for _, h := range a.Hits {
			if most[h.Location] += int(h.Count); most[h.Location] >= sent {
				c.Wake()
			}
		}
	}))
	found := false
	for _, n := range most {
		found = found || n == sent
	}
	if !found {
		t.Errorf("no location has dropped %d: %v", sent, most)
	}
}

// A second client listens while the first monitors, and nothing that it does
// ends that.
func TestVMPassive(t *testing.T) {
	first := vmClient(t)
	must(t, first.Configure(Settings{Mode: Packets, Truncate: 64, Queue: 1000}))
	must(t, first.Subscribe())
	must(t, first.Start(true, false))

	second, err := Dial(Config{})
	must(t, err)
	defer second.Close()
	must(t, second.Subscribe())
	if err := second.Start(true, false); !errors.Is(err, ErrRunning) {
		t.Fatalf("got %v, want ErrRunning", err)
	}
	port := closedPort(t, 10)
	for name, c := range map[string]*Client{"first": first, "second": second} {
		if n := receivePackets(t, c, port, 10, nil); n != 10 {
			t.Errorf("%s: got %d of 10", name, n)
		}
	}
	must(t, second.Close())
	port = closedPort(t, 10)
	if n := receivePackets(t, first, port, 10, nil); n != 10 {
		t.Errorf("after the second has gone: got %d of 10", n)
	}
}

// Without capabilities one may look, but not touch.
func TestVMUnprivileged(t *testing.T) {
	vmClient(t)
	unprivileged(t, func() {
		c, err := Dial(Config{})
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		if _, err := c.Configuration(); err != nil {
			t.Error(err)
		}
		if _, err := c.Stats(); err != nil {
			t.Error(err)
		}
		if state, err := c.State(); state != StateUnknown || err != nil {
			t.Errorf("state %v, %v", state, err)
		}
		for name, err := range map[string]error{"CAP_NET_ADMIN": c.Start(true, false), "CAP_SYS_ADMIN": c.Subscribe()} {
			if !errors.Is(err, os.ErrPermission) || !strings.Contains(err.Error(), name) {
				t.Errorf("got %v, want one about %s", err, name)
			}
		}
	})
}

// Elsewhere than in the initial namespace there is no monitor.
func TestVMNamespace(t *testing.T) {
	vmClient(t)
	locked(func() {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			t.Error(err)
			return
		}
		c, err := Dial(Config{})
		if c != nil || !errors.Is(err, ErrNotAvailable) || !strings.Contains(err.Error(), "initial network namespace") {
			t.Errorf("got %v", err)
		}
	})
	initial, err := os.Open("/proc/1/ns/net")
	must(t, err)
	defer initial.Close()
	locked(func() {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			t.Error(err)
			return
		}
		c, err := Dial(Config{NetNS: int(initial.Fd())})
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		if err := c.Subscribe(); err != nil {
			t.Error(err)
		}
	})
}
