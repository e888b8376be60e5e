package peer

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long a test waits for what must happen.
const patience = 30 * time.Second

func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// An inbox keeps what a node received.
type inbox struct {
	mu      sync.Mutex
	packets map[string]int
	from    netip.AddrPort
}

func (i *inbox) last() netip.AddrPort {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.from
}

func (i *inbox) receive(p []byte, from netip.AddrPort) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.from = from
	if i.packets == nil {
		i.packets = make(map[string]int)
	}
	i.packets[string(p)]++
}

func (i *inbox) count(text string) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.packets[text]
}

func start(t *testing.T, c Config) (*Node, *inbox) {
	t.Helper()
	box := new(inbox)
	c.Receive = box.receive
	if c.Bind == "" {
		c.Bind = "127.0.0.1:0"
	}
	n, err := Start(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	return n, box
}

func (n *Node) address() string { return n.list.LocalNode().Address() }

func key(b byte) []byte { return bytes.Repeat([]byte{b}, 32) }

// A record reaches all collectors and nobody else, from members and from a mute
// host, which nobody knows as a member.
func TestSend(t *testing.T) {
	keys := [][]byte{key(1)}
	first, firstBox := start(t, Config{Name: "first", Collector: true, Keys: keys})
	second, secondBox := start(t, Config{Name: "second", Collector: true, Keys: keys})
	other, otherBox := start(t, Config{Name: "other", Keys: keys})
	for _, n := range []*Node{second, other} {
		if err := n.Join([]string{first.address()}); err != nil {
			t.Fatal(err)
		}
	}
	mute, _ := start(t, Config{Name: "mute", Mute: true, Keys: keys, Collectors: []string{first.address(), second.address()}})
	eventually(t, "three members everywhere", func() bool {
		return len(first.Members()) == 3 && len(second.Members()) == 3 && len(other.Members()) == 3
	})
	for i, n := range []*Node{first, second, other, mute} {
		if err := n.Send([][]byte{fmt.Appendf(nil, "record %d", i), make([]byte, 1300)}); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the records", func() bool {
		return firstBox.count("record 1") == 1 && firstBox.count("record 2") == 1 && firstBox.count("record 3") == 1 &&
			secondBox.count("record 0") == 1 && secondBox.count("record 2") == 1 && secondBox.count("record 3") == 1
	})
	if firstBox.count("record 0") != 0 || len(otherBox.packets) != 0 {
		t.Errorf("a collector sent to itself, or somebody to %v", otherBox.packets)
	}
	if len(first.Members()) != 3 || mute.Members() != nil {
		t.Errorf("members %+v, and of the mute host %+v", first.Members(), mute.Members())
	}
}

// Nothing of this process listens when a mute host has sent.
func TestMuteListensNowhere(t *testing.T) {
	sink, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer sink.Close()
	before := listening(t)
	mute, _ := start(t, Config{Name: "mute", Mute: true, Collectors: []string{sink.LocalAddr().String()}})
	if err := mute.Send([][]byte{[]byte("record")}); err != nil {
		t.Fatal(err)
	}
	if now := listening(t); now != before {
		t.Errorf("sockets that listen were\n%s, are\n%s", before, now)
	}
	// What is sent back is thrown away, and a collector that is gone is no reason
	// to fail for ever.
	b := make([]byte, 2000)
	_, from, err := sink.ReadFrom(b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sink.WriteTo(b, from); err != nil {
		t.Fatal(err)
	}
	sink.Close()
	for range 5 {
		if err := mute.Send([][]byte{[]byte("record")}); err != nil {
			t.Fatal(err)
		}
	}
}

// listening are the sockets of this process that take packets of anybody: those
// without a remote end.
func listening(t *testing.T) string {
	t.Helper()
	own := make(map[string]bool)
	descriptors, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range descriptors {
		if link, err := os.Readlink(d); err == nil {
			own[strings.TrimSuffix(strings.TrimPrefix(link, "socket:["), "]")] = true
		}
	}
	var list strings.Builder
	for _, name := range []string{"udp", "udp6", "tcp", "tcp6"} {
		text, err := os.ReadFile("/proc/self/net/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			// remote address 0 and port 0
			if f := strings.Fields(line); len(f) > 9 && own[f[9]] && strings.HasSuffix(f[2], ":0000") {
				fmt.Fprintln(&list, name, f[1], f[9])
			}
		}
	}
	return list.String()
}

// What Allow refuses is counted and does not come in.
func TestAllow(t *testing.T) {
	refuse := netip.MustParseAddr("127.0.0.2")
	n, box := start(t, Config{Name: "n", Collector: true, Allow: func(from netip.AddrPort, _ int) bool { return from.Addr() != refuse }})
	mute, _ := start(t, Config{Name: "mute", Mute: true, Collectors: []string{n.address()}})
	foreign, err := net.ListenPacket("udp4", "127.0.0.2:0")
	if err != nil {
		t.Fatal(err)
	}
	defer foreign.Close()
	to, err := net.ResolveUDPAddr("udp", n.address())
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		if _, err := foreign.WriteTo([]byte("anything"), to); err != nil {
			t.Fatal(err)
		}
	}
	if err := mute.Send([][]byte{[]byte("record")}); err != nil {
		t.Fatal(err)
	}
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	if c, err := dialer.Dial("tcp", n.address()); err == nil { // else it was reset already
		defer c.Close()
	}
	waitFor(t, n.front, Counts{Records: 1, Network: 10, StreamsNetwork: 1})
	if box.count("record") != 1 || !box.last().Addr().IsLoopback() {
		t.Errorf("%v, from %v", box.packets, box.last())
	}
}

// Without the key nothing comes in.
func TestWrongKey(t *testing.T) {
	n, box := start(t, Config{Name: "n", Collector: true, Keys: [][]byte{key(1), key(2)}})
	for i, keys := range [][][]byte{{key(3)}, nil, {key(2)}} {
		mute, _ := start(t, Config{Name: "mute", Mute: true, Keys: keys, Collectors: []string{n.address()}})
		if err := mute.Send([][]byte{fmt.Appendf(nil, "record %d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the record with an older key", func() bool { return box.count("record 2") == 1 })
	if box.count("record 0")+box.count("record 1") != 0 {
		t.Errorf("records without the key came in: %v", box.packets)
	}
	stranger, _ := start(t, Config{Name: "stranger", Keys: [][]byte{key(3)}})
	if err := stranger.Join([]string{n.address()}); err == nil || len(n.Members()) != 1 {
		t.Errorf("joined with a wrong key: %v, %+v", err, n.Members())
	}
}

// One that is gone is noticed.
func TestLeave(t *testing.T) {
	a, _ := start(t, Config{Name: "a", Collector: true})
	b, _ := start(t, Config{Name: "b", Collector: true})
	if err := b.Join([]string{a.address()}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "both", func() bool { return len(a.Members()) == 2 && len(b.Members()) == 2 })
	if err := b.Leave(patience); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the leave", func() bool { return len(a.Members()) == 1 })
}

func TestStartErrors(t *testing.T) {
	for _, c := range []Config{
		{Name: "n", Bind: "127.0.0.1"}, {Name: "n", Bind: "127.0.0.1:x"}, {Name: "n", Bind: "192.0.2.1:0"},
		{Name: "n", Bind: "127.0.0.1:0", Keys: [][]byte{{1, 2}}},
	} {
		if n, err := Start(c); err == nil {
			n.Close()
			t.Errorf("%+v is accepted", c)
		}
	}
}
