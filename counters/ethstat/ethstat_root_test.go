package ethstat

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"dropwatch/counters/internal/nldump"
	"dropwatch/counters/rtstat"
	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

// fresh puts the test into a network namespace of its own, in which left and
// right are the ends of a wire, and returns a descriptor of it.
func fresh(t testing.TB) int {
	t.Helper()
	if os.Getuid() != 0 {
		lacking(t, "needs root")
	}
	// The thread is not unlocked, so that it ends with the test and nobody else
	// gets into the namespace.
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	// Nothing but the test shall send.
	quiet := os.WriteFile("/proc/sys/net/ipv6/conf/default/disable_ipv6", []byte("1"), 0)
	if quiet != nil && !errors.Is(quiet, os.ErrNotExist) {
		t.Fatal(quiet)
	}
	run(t, "ip link add left numrxqueues 2 type veth peer name right numrxqueues 2")
	run(t, "ip link set left up")
	run(t, "ip link set right up")
	settle(t)
	return fd
}

// settle waits until the wire works: the kernel finds the carrier a little later,
// and drops frames until then.
func settle(t testing.TB) {
	t.Helper()
	c, err := rtstat.Dial(rtstat.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); runtime.Gosched() {
		links, err := c.Links()
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(links, func(l rtstat.Link) bool { return l.Kind == "veth" && l.State.String() != "up" }) {
			return
		}
	}
	t.Fatal("the wire does not come up")
}

// lacking skips the test, but not where everything has to be there.
func lacking(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("VMTEST") != "" {
		t.Fatal(what)
	}
	t.Skip(what)
}

func run(t testing.TB, line string) string {
	t.Helper()
	words := strings.Fields(line)
	output, err := exec.Command(words[0], words[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", line, err, output)
	}
	return string(output)
}

// dial connects to the namespace from outside of it.
func dial(t testing.TB, netns int) *Conn {
	t.Helper()
	type result struct {
		c   *Conn
		err error
	}
	results := make(chan result)
	go func() {
		c, err := Dial(Config{NetNS: netns})
		results <- result{c, err}
	}()
	r := <-results
	if r.err != nil {
		t.Fatal(r.err)
	}
	t.Cleanup(func() {
		if err := errors.Join(r.c.Close(), r.c.Close()); err != nil {
			t.Errorf("closed twice: %v", err)
		}
	})
	return r.c
}

// drop attaches a program that drops every frame inside the driver.
func drop(t *testing.T, name string) {
	t.Helper()
	program, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Type: ebpf.XDP, License: "GPL",
		Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 1 /* XDP_DROP */), asm.Return()},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { program.Close() })
	device, err := net.InterfaceByName(name)
	if err != nil {
		t.Fatal(err)
	}
	attached, err := link.AttachXDP(link.XDPOptions{Program: program, Interface: device.Index, Flags: link.XDPDriverMode})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { attached.Close() })
}

// send sends broadcast frames.
func send(t *testing.T, name string, frames int) {
	t.Helper()
	device, err := net.InterfaceByName(name)
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	frame := append([]byte{255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 0x88, 0xb5}, make([]byte, 46)...)
	for range frames {
		if err := unix.Sendto(fd, frame, 0, &unix.SockaddrLinklayer{Ifindex: device.Index}); err != nil {
			t.Fatal(err)
		}
	}
}

// sum adds up the statistics of all queues.
func sum(stats []Stat, prefix, end string) (total uint64, queues int) {
	for _, s := range stats {
		if strings.HasPrefix(s.Name, prefix) && strings.HasSuffix(s.Name, end) {
			total += s.Value
			queues++
		}
	}
	return total, queues
}

func TestRootXDP(t *testing.T) {
	c := dial(t, fresh(t))
	drop(t, "right")
	before, err := c.Driver("right")
	if err != nil {
		t.Fatal(err)
	}
	old, queues := sum(before, "rx_queue_", "_xdp_drops")
	if queues != 2 {
		t.Fatalf("%d queues, want 2, in %v", queues, before)
	}
	send(t, "left", 9)
	// The driver takes the frames soon, in a softirq that may be another CPU's.
	var after []Stat
	var now uint64
	for deadline := time.Now().Add(3 * time.Second); time.Now().Before(deadline); runtime.Gosched() {
		if after, err = c.Driver("right"); err != nil {
			t.Fatal(err)
		}
		if now, _ = sum(after, "rx_queue_", "_xdp_drops"); now-old >= 9 {
			break
		}
	}
	if now-old != 9 {
		t.Errorf("%d frames dropped, want 9", now-old)
	}
	compareEthtool(t, c, "right")
}

// compareEthtool compares the driver's statistics with the words of ethtool.
func compareEthtool(t *testing.T, c *Conn, name string) {
	t.Helper()
	var want strings.Builder
	for line := range strings.Lines(run(t, "ethtool -S "+name)) {
		if key, value, found := strings.Cut(strings.TrimSpace(line), ": "); found {
			fmt.Fprintln(&want, key, value)
		}
	}
	stats, err := c.Driver(name)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, s := range stats {
		fmt.Fprintln(&got, s.Name, s.Value)
	}
	if got.String() != want.String() || want.Len() == 0 {
		t.Errorf("got\n%s\nethtool says\n%s", got.String(), want.String())
	}
}

// The namespace is that of the descriptor, for the ioctl too.
func TestRootNamespace(t *testing.T) {
	c := dial(t, fresh(t))
	if stats, err := c.Driver("lo"); err != nil || len(stats) != 0 {
		t.Errorf("lo: %v %v", stats, err)
	}
	if _, err := c.Driver("gone"); !errors.Is(err, unix.ENODEV) {
		t.Errorf("no interface: %v", err)
	}
	if _, err := c.Driver("a name of 20 letters"); err == nil {
		t.Error("a long name is taken")
	}
	if stats, err := c.Driver("left"); err != nil || len(stats) == 0 {
		t.Errorf("left: %v %v", stats, err)
	}
	// A veth has neither, which is no error.
	if devices, err := c.Standard(); err != nil || len(devices) != 0 {
		t.Errorf("standard statistics %v: %v", devices, err)
	}
	rings, err := c.Rings()
	if err != nil || len(rings) > 2 {
		t.Errorf("rings %v: %v", rings, err)
	}
}

// Messages for testdata, from the namespace that the test is started in; see
// the package rtstat.
func TestRootCapture(t *testing.T) {
	if os.Getenv("CAPTURE") == "" {
		t.Skip("CAPTURE is not set")
	}
	c, err := Dial(Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	set := nest(nest(request(stringsGet), 2, nest(nil, 1, nldump.Append(nil, 1, nldump.Uint32(groupsSet)))), 1, nil)
	for name, r := range map[string]nldump.Request{
		"rings":  {Type: c.family, Body: nest(request(ringsGet), 1, nil)},
		"groups": {Type: c.family, Single: true, Body: set},
	} {
		err := c.dump.Ask(r, func(m nldump.Message) error {
			fmt.Printf("capture %s.bin %s\n", name, base64.StdEncoding.EncodeToString(m.Data))
			return nil
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Rings that ethtool shows too.
func TestRootRings(t *testing.T) {
	if os.Getuid() != 0 {
		lacking(t, "needs root")
	}
	c, err := Dial(Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	rings, err := c.Rings()
	if err != nil {
		t.Fatal(err)
	}
	if len(rings) == 0 {
		t.Skip("no device here has rings")
	}
	for _, r := range rings {
		shown := map[string][]string{} // the maximum and what is set
		for line := range strings.Lines(run(t, "ethtool -g "+r.Name)) {
			key, value, _ := strings.Cut(line, ":")
			shown[key] = append(shown[key], strings.TrimSpace(value))
		}
		got := fmt.Sprint([]uint32{r.RxMax, r.Rx}, []uint32{r.TxMax, r.Tx})
		if want := fmt.Sprint(shown["RX"], shown["TX"]); got != want {
			t.Errorf("%s: %s, ethtool says %s", r.Name, got, want)
		}
	}
}
