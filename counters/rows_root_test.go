package counters

import (
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// command runs a program inside a namespace.
func (n *netns) command(t *testing.T, line string) {
	t.Helper()
	n.run(t, func() error {
		words := strings.Fields(line)
		if output, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", line, err, output)
		}
		return nil
	})
}

// TestRootRows holds that what a row describes and what its counters count for
// is the same thing: here a shaper that drops, on an interface.
func TestRootRows(t *testing.T) {
	n := newNetNS(t)
	n.command(t, "ip link add v0 type veth peer name w0")
	n.command(t, "ip link set w0 up")
	n.command(t, "ip link set v0 up")
	n.command(t, "ip address add 10.9.8.1/24 dev v0")
	n.command(t, "ip neighbour add 10.9.8.2 lladdr 02:00:00:00:00:02 dev v0")
	n.command(t, "tc qdisc add dev v0 root handle 7: tbf rate 8kbit burst 1600 limit 1600")
	r, err := Open(Config{NetNS: int(n.file.Fd())})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	before := sample(t, r)
	n.run(t, func() error { return sendLarge("10.9.8.2:9", 20) })
	n.command(t, "ip link set v0 down")
	n.command(t, "ip link set v0 name x0")
	after := sample(t, r)
	for _, p := range after.Problems {
		t.Errorf("%s: %v", p.Source, p.Err)
	}

	shaper := findQdisc(t, after, "tbf")
	if shaper.Scope.Object != "qdisc tbf 7: root" || shaper.Scope.Interface.Name != "x0" || len(shaper.Stats) > 0 {
		t.Errorf("shaper %+v", shaper)
	}
	if _, ok := after.link(shaper.Scope.Interface.Index); !ok {
		t.Error("no row for the interface")
	}
	if c := findChange(t, before, after, "tc.dropped", shaper.Scope); c.Delta == 0 || c.Appeared {
		t.Errorf("the shaper dropped nothing: %+v", c)
	}
	link := Scope{NetNS: n.inode, Interface: shaper.Scope.Interface}
	if c := findChange(t, before, after, "link.tx_dropped", link); c.Appeared || c.Reset {
		t.Errorf("the interface is not the same after it was renamed: %+v", c)
	}
}

// sendLarge sends datagrams of 1000 bytes; a full queue is no error.
func sendLarge(to string, count int) error {
	conn, err := net.Dial("udp", to)
	if err != nil {
		return err
	}
	defer conn.Close()
	for range count {
		if _, err := conn.Write(make([]byte, 1000)); err != nil && !strings.Contains(err.Error(), "buffer") {
			return err
		}
	}
	return nil
}

func findQdisc(t *testing.T, s *Sample, kind string) Qdisc {
	t.Helper()
	for _, q := range s.Qdiscs {
		if q.Kind == kind && !q.Class {
			return q
		}
	}
	t.Fatalf("no %s among %d queueing disciplines", kind, len(s.Qdiscs))
	return Qdisc{}
}

func findChange(t *testing.T, before, after *Sample, name string, scope Scope) Change {
	t.Helper()
	for _, c := range Diff(before, after) {
		if c.Name == name && c.Scope == scope {
			return c
		}
	}
	t.Errorf("no change of %s for %+v", name, scope)
	return Change{}
}

// TestRootSocketDrops fills the buffer of a socket that nobody reads. It was not
// listed before it had lost anything, and yet each loss is counted.
func TestRootSocketDrops(t *testing.T) {
	n := newNetNS(t)
	var full *net.UDPConn
	n.run(t, func() (err error) {
		full, err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 5353})
		if err == nil {
			err = full.SetReadBuffer(1)
		}
		return err
	})
	defer full.Close()
	r, err := Open(Config{NetNS: int(n.file.Fd())})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	before := sample(t, r)
	if len(before.Sockets) > 0 {
		t.Errorf("listed without losses: %+v", before.Sockets)
	}
	n.run(t, func() error { return sendLarge("127.0.0.1:5353", 50) })
	after := sample(t, r)
	if len(after.Sockets) != 1 || !strings.HasPrefix(after.Sockets[0].Scope.Object, "udp 127.0.0.1:5353 inode ") {
		t.Fatalf("sockets %+v", after.Sockets)
	}
	socket := findChange(t, before, after, "socket.drops", after.Sockets[0].Scope)
	total := findChange(t, before, after, "Udp.RcvbufErrors", Scope{NetNS: n.inode})
	if socket.Delta == 0 || socket.Delta != total.Delta {
		t.Errorf("the socket lost %d, the namespace %d", socket.Delta, total.Delta)
	}
	if received := 50 - drain(full); received != socket.Delta {
		t.Errorf("the socket lost %d, and %d did not arrive", socket.Delta, received)
	}
}

// drain reads what waits in a socket.
func drain(conn *net.UDPConn) (count uint64) {
	conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	buffer := make([]byte, 2000)
	for {
		if _, err := conn.Read(buffer); err != nil {
			return count
		}
		count++
	}
}

// TestRootAllSockets lists those too that have lost nothing.
func TestRootAllSockets(t *testing.T) {
	n := newNetNS(t)
	var idle net.PacketConn
	n.run(t, func() (err error) {
		idle, err = net.ListenPacket("udp4", "127.0.0.1:5353")
		return err
	})
	defer idle.Close()
	r, err := Open(Config{NetNS: int(n.file.Fd()), Sources: []string{"udp"}, AllSockets: true})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	s := sample(t, r)
	if len(s.Sockets) != 1 || s.Sockets[0].Family != unix.AF_INET {
		t.Fatalf("sockets %+v", s.Sockets)
	}
	if c, ok := s.Lookup("socket.drops", s.Sockets[0].Scope); !ok || c.Value != 0 || c.Bits != 32 {
		t.Errorf("%+v, %v", c, ok)
	}
}
