package peer

import (
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/memberlist"
)

// TestEngineIsOpened holds that what the engine of another host sends is opened
// here, whatever it puts before a record, with keys and without.
func TestEngineIsOpened(t *testing.T) {
	for name, keys := range map[string][][]byte{"sealed": {key(1), key(2)}, "in clear": nil} {
		t.Run(name, func(t *testing.T) {
			a, box := start(t, Config{Name: "a", Collector: true, Keys: keys})
			b, _ := start(t, Config{Name: "b", Keys: keys})
			if err := b.Join([]string{a.address()}); err != nil {
				t.Fatal(err)
			}
			before := a.Counts().Records
			if err := b.Send([][]byte{[]byte("to an address")}); err != nil {
				t.Fatal(err)
			}
			// to a member it is sent with a checksum
			to := a.list.LocalNode()
			if err := b.list.SendBestEffort(to, []byte("to a member")); err != nil || to.PMax < 5 {
				t.Fatal(to.PMax, err)
			}
			eventually(t, "both records", func() bool { return box.count("to an address") == 1 && box.count("to a member") == 1 })
			if from, want := box.last().String(), b.address(); from != want {
				t.Errorf("from %s, not %s", from, want)
			}
			eventually(t, "the engines' own packets", func() bool { return a.Counts().Passed > 2 && b.Counts().Passed > 2 })
			for _, n := range []*Node{a, b} {
				c := n.Counts()
				others := c.packets() - c.Passed - c.Records
				if others += c.StreamsFull + c.StreamsSilent + c.StreamsNotOpened + c.StreamsMalformed + c.StreamsCut; others != 0 {
					t.Errorf("refused: %+v", c)
				}
			}
			if got := a.Counts().Records - before; got != 2 {
				t.Errorf("%d records", got)
			}
		})
	}
}

// TestHiddenInACompound holds that a record does not come among other messages.
func TestHiddenInACompound(t *testing.T) {
	n, box := start(t, Config{Name: "n", Keys: [][]byte{key(1)}, Message: func(m []byte) { t.Errorf("a message: %q", m) }})
	send(t, dial(t, "udp", n.address()), sealed(t, 1, compound(user("hidden"))))
	waitFor(t, n.front, Counts{Malformed: 1})
	if len(box.packets) != 0 {
		t.Errorf("received %v", box.packets)
	}
}

// A wire is a transport of a simulation that carries packets to another one, and
// blocks like the one the engine brings along.
type wire struct {
	at      *net.UDPAddr
	packets chan *memberlist.Packet
	streams chan net.Conn
	other   *wire

	mu    sync.Mutex
	ended bool
}

func wires(t *testing.T) (a, b *wire) {
	t.Helper()
	one := func(port int) *wire {
		return &wire{
			at:      &net.UDPAddr{IP: net.IPv4(10, 0, 0, 1).To4(), Port: port},
			packets: make(chan *memberlist.Packet), streams: make(chan net.Conn),
		}
	}
	a, b = one(1), one(2)
	a.other, b.other = b, a
	return a, b
}

func (w *wire) FinalAdvertiseAddr(string, int) (net.IP, int, error) { return w.at.IP, w.at.Port, nil }
func (w *wire) PacketCh() <-chan *memberlist.Packet                 { return w.packets }
func (w *wire) StreamCh() <-chan net.Conn                           { return w.streams }

func (w *wire) WriteTo(b []byte, _ string) (time.Time, error) {
	w.other.mu.Lock()
	defer w.other.mu.Unlock()
	if !w.other.ended {
		w.other.packets <- &memberlist.Packet{Buf: append([]byte(nil), b...), From: w.at, Timestamp: time.Now()}
	}
	return time.Now(), nil
}

func (w *wire) DialTimeout(string, time.Duration) (net.Conn, error) {
	w.other.mu.Lock()
	defer w.other.mu.Unlock()
	if w.other.ended {
		return nil, net.ErrClosed
	}
	near, far := net.Pipe()
	w.other.streams <- far
	return near, nil
}

// Shutdown waits for those that write, who wait for the front.
func (w *wire) Shutdown() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	return nil
}

// TestTransportOfASimulation holds that it gets the same front.
func TestTransportOfASimulation(t *testing.T) {
	left, right := wires(t)
	message := make(chan string, 1)
	a, box := start(t, Config{Name: "a", Collector: true, Transport: left, Keys: [][]byte{key(1)}, Message: func(m []byte) { message <- string(m) }})
	b, _ := start(t, Config{Name: "b", Transport: right, Keys: [][]byte{key(1)}})
	if err := b.Join([]string{"10.0.0.1:1"}); err != nil {
		t.Fatal(err)
	}
	if err := b.Send([][]byte{[]byte("record")}); err != nil {
		t.Fatal(err)
	}
	if err := b.SendReliable("a", []byte("message")); err != nil {
		t.Fatal(err)
	}
	for _, packet := range [][]byte{[]byte("anything"), sealed(t, 2, user("x"))} {
		if _, err := right.WriteTo(packet, ""); err != nil {
			t.Fatal(err)
		}
	}
	if got := <-message; got != "message" {
		t.Errorf("got %q", got)
	}
	eventually(t, "all", func() bool {
		c := a.Counts()
		return c.Records == 1 && c.Label == 1 && c.NotOpened == 1 && c.Passed > 0 && c.StreamsTaken >= 2
	})
	if box.count("record") != 1 || box.last().String() != "10.0.0.1:2" {
		t.Errorf("%v from %v", box.packets, box.last())
	}
}

// TestMuteInASimulation takes nothing and stops nobody.
func TestMuteInASimulation(t *testing.T) {
	left, right := wires(t)
	a, box := start(t, Config{Name: "a", Collector: true, Transport: left})
	mute, muteBox := start(t, Config{Name: "mute", Mute: true, Transport: right, Collectors: []string{"10.0.0.1:1"}})
	if err := mute.Send([][]byte{[]byte("record")}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the record", func() bool { return box.count("record") == 1 })
	for range 3 {
		if _, err := left.WriteTo([]byte(string(labelHead)+user("x")), ""); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(Counts{}, mute.Counts()); diff != "" || len(muteBox.packets) != 0 {
		t.Errorf("%s, %v", diff, muteBox.packets)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
}

// TestNoLineForHostilePackets holds that a flood writes no log.
func TestNoLineForHostilePackets(t *testing.T) {
	var lines lockedText
	n, _ := start(t, Config{Name: "n", Keys: [][]byte{key(1)}, Log: &lines})
	c := dial(t, "udp", n.address())
	quiet := lines.String()
	sent := uint64(0)
	for _, a := range arrivals(t) {
		if a.want.Passed == 0 {
			send(t, c, a.packet)
			sent++
		}
	}
	eventually(t, "all packets", func() bool { return n.Counts().packets() == sent })
	if text := lines.String(); text != quiet {
		t.Errorf("written:\n%s", text)
	}
}

type lockedText struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lockedText) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lockedText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
