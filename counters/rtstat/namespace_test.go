package rtstat

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// fresh puts the test into a network namespace of its own, for as long as it
// runs, and returns a descriptor of it.
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
	run(t, "sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1")
	return fd
}

// lacking skips the test, but not where everything has to be there.
func lacking(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("VMTEST") != "" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// run runs a program in the namespace of the test.
func run(t testing.TB, words ...string) string {
	t.Helper()
	if words[0] == "sysctl" { // guests have no such program
		name, value, _ := strings.Cut(words[len(words)-1], "=")
		path := "/proc/sys/" + strings.ReplaceAll(name, ".", "/")
		if err := os.WriteFile(path, []byte(value), 0); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return ""
	}
	output, err := exec.Command(words[0], words[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(words, " "), err, output)
	}
	return string(output)
}

// lines runs programs, one a line.
func lines(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if words := strings.Fields(line); len(words) > 0 {
			run(t, words...)
		}
	}
}

// wire makes two ends of a veth pair that are up.
func wire(t *testing.T) {
	t.Helper()
	lines(t, `
		ip link add left type veth peer name right
		ip link set left up
		ip link set right up`)
	settle(t)
}

// settle waits until the wire works: the kernel finds the carrier a little later,
// and drops frames until then.
func settle(t *testing.T) {
	t.Helper()
	c, err := Dial(Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); runtime.Gosched() {
		left, right := link(t, c, "left"), link(t, c, "right")
		if left.State.String() == "up" && right.State.String() == "up" {
			return
		}
	}
	t.Fatal("the wire does not come up")
}

// dial connects to the namespace from outside of it.
func dial(t *testing.T, netns int) *Conn {
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
	t.Cleanup(func() { r.c.Close() })
	return r.c
}

// A sender sends frames of an EtherType that nobody knows.
type sender struct {
	t       *testing.T
	fd      int
	address unix.SockaddrLinklayer
}

const unknownEtherType = 0x88b5

func newSender(t *testing.T, c *Conn, name string) *sender {
	t.Helper()
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	// Frames that wait in a queue shall not fill the socket.
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, 64<<20); err != nil {
		t.Fatal(err)
	}
	return &sender{t, fd, unix.SockaddrLinklayer{Ifindex: int(link(t, c, name).Index)}}
}

// class chooses the class that frames go to.
func (s *sender) class(h Handle) {
	s.t.Helper()
	if err := unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_PRIORITY, int(h)); err != nil {
		s.t.Fatal(err)
	}
}

// send sends broadcast frames of 1000 bytes, and tells how many the kernel says
// were lost on the way to the device.
func (s *sender) send(frames int) (lost uint64) {
	s.t.Helper()
	frame := make([]byte, 1000)
	for i := range 6 {
		frame[i] = 0xff
	}
	frame[6] = 2
	frame[12], frame[13] = unknownEtherType>>8, unknownEtherType&0xff
	for range frames {
		switch err := unix.Sendto(s.fd, frame, 0, &s.address); err {
		case nil:
		case unix.ENOBUFS:
			lost++
		default:
			s.t.Fatal(err)
		}
	}
	return lost
}

func link(t *testing.T, c *Conn, name string) Link {
	t.Helper()
	links, err := c.Links()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range links {
		if l.Name == name {
			return l
		}
	}
	t.Fatalf("no interface %s among %d", name, len(links))
	return Link{}
}

// value finds a number; it must be there once.
func value(t *testing.T, list []Named, name string) uint64 {
	t.Helper()
	found := -1
	for i, n := range list {
		if n.Name == name {
			if found >= 0 {
				t.Fatalf("%s is there twice", name)
			}
			found = i
		}
	}
	if found < 0 {
		t.Fatalf("no %s in %v", name, list)
	}
	return list[found].Value
}

func setting(t *testing.T, q *Qdisc, name string) Setting {
	t.Helper()
	for _, s := range q.Settings {
		if s.Name == name {
			return s
		}
	}
	t.Fatalf("no setting %s in %v", name, q.Settings)
	return Setting{}
}

func qdisc(t *testing.T, c *Conn, index uint32, parent Handle) Qdisc {
	t.Helper()
	qdiscs, err := c.Qdiscs()
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range qdiscs {
		if q.Interface == index && q.Parent == parent {
			return q
		}
	}
	t.Fatalf("no queueing discipline with parent %v at interface %d in %v", parent, index, qdiscs)
	return Qdisc{}
}
