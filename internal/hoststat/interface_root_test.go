package hoststat

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// ip runs the program in the namespace of the test.
func ip(t *testing.T, arguments string) {
	t.Helper()
	if output, err := exec.Command("ip", strings.Fields(arguments)...).CombinedOutput(); err != nil {
		t.Fatalf("ip %s: %v\n%s", arguments, err, output)
	}
}

// freshNetwork puts the test into a network namespace where nobody else sends,
// with two ends of a wire that are up. The thread is not unlocked, so that it
// ends with the test.
func freshNetwork(t *testing.T) {
	t.Helper()
	needRoot(t)
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Fatal(err)
	}
	err := os.WriteFile("/proc/sys/net/ipv6/conf/default/disable_ipv6", []byte("1"), 0)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	ip(t, "link add left type veth peer name right")
	ip(t, "link set left up")
	ip(t, "link set right up")
}

// send puts frames on an interface.
func send(t *testing.T, index uint32, frames, bytes int) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	frame := make([]byte, bytes)
	frame[12], frame[13] = 0x88, 0xb5 // for experiments
	for range frames {
		if err := unix.Sendto(fd, frame, 0, &unix.SockaddrLinklayer{Ifindex: int(index)}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRootInterfaces holds that counters and rates are exact.
func TestRootInterfaces(t *testing.T) {
	freshNetwork(t)
	r := New(Config{})
	defer r.Close()
	now := noon()
	r.host.now = func() time.Time { return now }
	sample := func() map[string]Interface {
		byName := make(map[string]Interface)
		for _, i := range r.Sample(t.Context()).Interfaces {
			byName[i.Name] = i
		}
		return byName
	}
	before := sample()
	for deadline := time.Now().Add(10 * time.Second); before["left"].State != "up" || before["right"].State != "up"; before = sample() {
		if time.Now().After(deadline) {
			t.Fatalf("no carrier: %+v", before)
		}
	}
	send(t, before["left"].Index, 100, 1000)
	send(t, before["right"].Index, 7, 60)
	now = now.Add(10 * time.Second)
	after := sample()
	want := map[string]*InterfaceRates{
		// Nobody listens for such frames, so the kernel counts them as dropped too.
		"left":  {TxPackets: 10, TxBytes: 10_000, RxPackets: 0.7, RxBytes: 42, RxDropped: 0.7},
		"right": {RxPackets: 10, RxBytes: 10_000, RxDropped: 10, TxPackets: 0.7, TxBytes: 42},
	}
	for name, rates := range want {
		if diff := cmp.Diff(rates, after[name].Rates); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
		if got := after[name].Counters.RxPackets - before[name].Counters.RxPackets; got != uint64(10*rates.RxPackets) {
			t.Errorf("%s received %d packets", name, got)
		}
		if after[name].Kind != "veth" || !after[name].Up {
			t.Errorf("%s: %+v", name, after[name])
		}
	}
	if lo := after["lo"]; lo.Up || lo.State != "down" || *lo.Counters != (InterfaceCounters{}) {
		t.Errorf("lo: %+v, %+v", lo, lo.Counters)
	}

	// An interface that is made anew has no rates, even under the old index.
	ip(t, "link del left")
	ip(t, "link add left index 1000 type veth peer name right index 1001")
	now = now.Add(10 * time.Second)
	if again := sample(); again["left"].Rates != nil || again["left"].Counters == nil {
		t.Errorf("rates %+v of a new interface", again["left"].Rates)
	}
	ip(t, "link set left up")
	ip(t, "link set right up")
	for current := sample(); current["left"].State != "up"; current = sample() {
		now = now.Add(time.Second)
	}
	send(t, 1000, 3, 100)
	sample()
	ip(t, "link del left")
	ip(t, "link add left index 1000 type veth peer name right index 1001")
	now = now.Add(10 * time.Second)
	if again := sample(); again["left"].Rates != nil || again["left"].Index != 1000 {
		t.Errorf("rates %+v of an interface that is made anew", again["left"].Rates)
	}
}
