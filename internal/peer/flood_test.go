package peer

import (
	"net"
	"net/netip"
	"runtime"
	"testing"
	"time"
)

// floodEach is how many packets of each kind are sent.
const floodEach = 5000

// A flooder counts what it sends.
type flooder struct {
	t                  *testing.T
	node               *Node
	friendly, unwanted net.Conn
	sent               uint64
}

func (f *flooder) send(c net.Conn, packet []byte) {
	send(f.t, c, packet)
	f.sent++
}

func (f *flooder) flood(each int, all []arrival) {
	for range each {
		for _, a := range all {
			c := f.friendly
			if a.from == stranger {
				c = f.unwanted
			}
			f.send(c, a.packet)
		}
	}
}

// settle sends an honest record until it comes. Then all that was sent is counted.
func (f *flooder) settle(box *inbox, text string) Counts {
	f.t.Helper()
	eventually(f.t, text, func() bool {
		f.send(f.friendly, sealed(f.t, 1, user(text)))
		return box.count(text) > 0
	})
	all := func() bool { c := f.node.Counts(); return c.packets()+c.KernelDropped == f.sent }
	for end := time.Now().Add(patience); !all() && time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
	}
	if c := f.node.Counts(); !all() {
		f.t.Errorf("%d sent, %d counted, %d dropped: %+v", f.sent, c.packets(), c.KernelDropped, c)
	}
	return f.node.Counts()
}

// TestFloodIsContained sends all kinds of hostile packets as fast as it goes. All
// are counted by kind, but those that the kernel dropped, which it counts; a record
// of an honest host still comes; and nothing is left behind.
func TestFloodIsContained(t *testing.T) {
	n, box := start(t, Config{
		Name: "n", Keys: [][]byte{key(3)},
		Allow: func(from netip.AddrPort, _ int) bool { return from.Addr() != netip.MustParseAddr("127.0.0.2") },
	})
	if err := n.UseKeys([][]byte{key(1), key(2)}); err != nil {
		t.Fatal(err)
	}
	f := &flooder{t: t, node: n, friendly: dial(t, "udp", n.address()), unwanted: dialFrom(t, "127.0.0.2", n.address())}
	all := arrivals(t)
	f.flood(100, all)
	before := f.settle(box, "before")
	sent, goroutines, memory := f.sent, runtime.NumGoroutine(), heap()
	began := time.Now()
	f.flood(floodEach, all)
	took := time.Since(began)
	after := f.settle(box, "after")

	c := after.since(before)
	t.Logf("%d packets in %v: %+v", f.sent-sent, took, c)
	for name, n := range map[string]uint64{
		"too long": c.TooLong, "network": c.Network, "label": c.Label, "old key": c.OldKey,
		"not opened": c.NotOpened, "malformed": c.Malformed, "for the engine": c.Passed + c.Busy,
	} {
		if n == 0 {
			t.Errorf("none is counted as %s", name)
		}
	}
	if grew := heap() - memory; grew > 1<<20 {
		t.Errorf("memory grew by %d bytes", grew)
	}
	eventually(t, "the goroutines of before", func() bool { return runtime.NumGoroutine() <= goroutines })
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func dialFrom(t *testing.T, from, to string) net.Conn {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.UDPAddr{IP: net.ParseIP(from)}}
	c, err := dialer.Dial("udp", to)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// TestKernelDropsAreCounted holds up the reader until the socket is full.
func TestKernelDropsAreCounted(t *testing.T) {
	hold, held := make(chan bool), make(chan bool)
	box := new(inbox)
	n, err := Start(Config{Name: "n", Bind: "127.0.0.1:0", Keys: [][]byte{key(1)}, Receive: func(packet []byte, from netip.AddrPort) {
		if string(packet) == "hold" {
			held <- true
			<-hold
		}
		box.receive(packet, from)
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	f := &flooder{t: t, node: n, friendly: dial(t, "udp", n.address())}
	f.send(f.friendly, sealed(t, 1, user("hold")))
	<-held
	const junk = 30_000
	for range junk {
		f.send(f.friendly, make([]byte, 1000))
	}
	close(hold)
	c := f.settle(box, "honest")
	if c.KernelDropped == 0 || c.Label == 0 || c.Label+c.KernelDropped < junk {
		t.Errorf("%+v", c)
	}
	t.Logf("%d sent, %d came, %d dropped", f.sent, c.packets(), c.KernelDropped)
}
