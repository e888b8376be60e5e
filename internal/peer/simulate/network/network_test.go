package network

import (
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/hashicorp/memberlist"
)

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

func send(t *testing.T, from, to *Endpoint, text string) {
	t.Helper()
	if _, err := from.WriteTo([]byte(text), to.Address().String()); err != nil {
		t.Fatal(err)
	}
}

// waiting are the datagrams in the queue of a node.
func waiting(e *Endpoint) []*memberlist.Packet {
	var all []*memberlist.Packet
	for {
		select {
		case p := <-e.PacketCh():
			all = append(all, p)
		default:
			return all
		}
	}
}

func TestDatagram(t *testing.T) {
	n := New(1)
	a, b := n.Add(), n.Add()
	text := []byte("hello")
	if _, err := a.WriteTo(text, b.Address().String()); err != nil {
		t.Fatal(err)
	}
	text[0] = 'x' // the sender may use its buffer again
	got := waiting(b)
	if len(got) != 1 || string(got[0].Buf) != "hello" || got[0].From.(*net.UDPAddr).AddrPort() != a.Address() || got[0].Timestamp.IsZero() {
		t.Fatalf("got %+v", got)
	}
	want := Traffic{Packets: 1, Bytes: 5 + 28}
	if a.Counts().Sent != want || b.Counts().Received != want || b.Counts().Sent != (Traffic{}) {
		t.Errorf("counted %+v and %+v", a.Counts(), b.Counts())
	}
	ip, port, err := a.FinalAdvertiseAddr("0.0.0.0", 7)
	if err != nil || ip.String() != "10.0.0.1" || port != 1513 {
		t.Errorf("advertises %v:%v, %v", ip, port, err)
	}
	for _, bad := range []string{"", "somewhere", "10.0.0.2"} {
		if _, err := a.WriteTo(text, bad); err == nil {
			t.Errorf("sent to %q", bad)
		}
	}
	if _, err := a.WriteTo(make([]byte, 65508), b.Address().String()); err == nil {
		t.Error("sent more than IPv4 carries")
	}
}

// What is lost follows from the seed, and is about as much as was asked for.
func TestLoss(t *testing.T) {
	const packets = 20_000
	lost := func(seed uint64, share float64) (at []int) {
		n := New(seed)
		a, b := n.Add(), n.Add()
		n.SetLoss(share)
		for i := range packets {
			send(t, a, b, "x")
			if len(waiting(b)) == 0 {
				at = append(at, i)
			}
		}
		if c := a.Counts(); c.Sent.Packets != packets || c.Lost != uint64(len(at)) || b.Counts().Received.Packets != packets-c.Lost {
			t.Errorf("%d lost, counted %+v and %+v", len(at), c, b.Counts())
		}
		return at
	}
	same := func(x, y []int) bool {
		if len(x) != len(y) {
			return false
		}
		for i := range x {
			if x[i] != y[i] {
				return false
			}
		}
		return true
	}
	for _, c := range []struct {
		share    float64
		min, max int // ten standard deviations
	}{{0, 0, 0}, {0.05, 692, 1308}, {0.5, 9293, 10707}, {1, packets, packets}} {
		first := lost(7, c.share)
		if len(first) < c.min || len(first) > c.max {
			t.Errorf("share %v: %d of %d were lost", c.share, len(first), packets)
		}
		if !same(first, lost(7, c.share)) {
			t.Errorf("share %v: the same seed loses others", c.share)
		}
	}
	if same(lost(7, 0.05), lost(8, 0.05)) {
		t.Error("another seed loses the same")
	}
}

func TestKillAndRevive(t *testing.T) {
	n := New(1)
	a, b := n.Add(), n.Add()
	b.Kill()
	send(t, a, b, "to the dead")
	send(t, b, a, "from the dead")
	if x, y := waiting(a), waiting(b); len(x)+len(y) != 0 {
		t.Errorf("datagrams came through: %v, %v", x, y)
	}
	if a.Counts().Sent.Packets != 1 || b.Counts().Sent.Packets != 0 {
		t.Error("what never got on the wire is counted, or the other way round")
	}
	for _, d := range []struct{ from, to *Endpoint }{{a, b}, {b, a}} {
		begun := time.Now()
		_, err := d.from.DialTimeout(d.to.Address().String(), 50*time.Millisecond)
		if e, ok := err.(net.Error); !ok || !e.Timeout() || time.Since(begun) < 50*time.Millisecond {
			t.Errorf("stream to or from the dead: %v after %v", err, time.Since(begun))
		}
	}
	b.Revive()
	send(t, a, b, "back")
	if got := waiting(b); len(got) != 1 || string(got[0].Buf) != "back" {
		t.Errorf("after the revival %v", got)
	}
	if c, err := a.DialTimeout(b.Address().String(), patience); err != nil {
		t.Error(err)
	} else {
		c.Close()
	}
}

func TestQueueOverflow(t *testing.T) {
	n := New(1)
	a, b := n.Add(), n.Add()
	for range queue + 7 {
		send(t, a, b, "x")
	}
	if c := b.Counts(); c.Overflows != 7 || c.Received.Packets != queue || a.Counts().Sent.Packets != queue+7 {
		t.Errorf("counted %+v", c)
	}
	if got := len(waiting(b)); got != queue {
		t.Errorf("%d datagrams wait", got)
	}
}

func TestMute(t *testing.T) {
	n := New(1)
	a, m := n.Add(), n.AddMute()
	send(t, m, a, "record")
	send(t, a, m, "answer")
	if got := waiting(a); len(got) != 1 || got[0].From.(*net.UDPAddr).AddrPort() != m.Address() {
		t.Errorf("from the mute node came %v", got)
	}
	if m.PacketCh() != nil || m.StreamCh() != nil || m.Counts().Received.Packets != 0 {
		t.Error("the mute node can be given something")
	}
	if _, err := m.DialTimeout(a.Address().String(), patience); err == nil {
		t.Error("the mute node opened a stream")
	}
	if _, err := a.DialTimeout(m.Address().String(), 10*time.Millisecond); err == nil {
		t.Error("a stream to the mute node")
	}
}

// A stream to a node that is killed is opened when it comes back in time.
func TestStreamWaitsForRevival(t *testing.T) {
	n := New(1)
	a, b := n.Add(), n.Add()
	b.Kill()
	opened := make(chan error)
	go func() {
		_, err := a.DialTimeout(b.Address().String(), patience)
		opened <- err
	}()
	select {
	case err := <-opened:
		t.Fatalf("opened to the dead: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	b.Revive()
	if err := <-opened; err != nil {
		t.Error(err)
	}
}

// A node that has ended sends no more, is sent no more, and lets nobody wait.
func TestShutdown(t *testing.T) {
	before := runtime.NumGoroutine()
	n := New(1)
	a, b, gone := n.Add(), n.Add(), n.Add()
	gone.Kill()
	waited := make(chan error)
	go func() {
		_, err := a.DialTimeout(gone.Address().String(), time.Hour)
		waited <- err
	}()
	c, err := a.DialTimeout(b.Address().String(), patience)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		_, err := c.Read(make([]byte, 1))
		waited <- err
	}()
	for range 2 {
		if err := a.Shutdown(); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		select {
		case err := <-waited:
			if err == nil {
				t.Error("no error of what was broken")
			}
		case <-time.After(patience):
			t.Fatal("somebody still waits")
		}
	}
	if _, err := a.WriteTo([]byte("x"), b.Address().String()); err == nil {
		t.Error("sent after the end")
	}
	begun := time.Now()
	if _, err := b.DialTimeout(a.Address().String(), time.Hour); err == nil || time.Since(begun) > patience {
		t.Errorf("a stream to one that has ended: %v", err)
	}
	for end := time.Now().Add(patience); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			stacks := make([]byte, 1<<16)
			t.Fatalf("goroutines are left: %s", stacks[:runtime.Stack(stacks, true)])
		}
	}
}
