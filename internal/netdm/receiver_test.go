package netdm

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// subscribed returns a client that listens, and where to write its alerts.
func subscribed(t *testing.T) (*Client, *os.File) {
	t.Helper()
	c, far := newKernel(t).client()
	if err := c.Subscribe(); err != nil {
		t.Fatal(err)
	}
	return c, far
}

// send writes packet alerts numbered by their location, from first on.
func send(t *testing.T, far *os.File, first, n int) {
	t.Helper()
	for i := range n {
		p := packets["software"]
		p.Location = uint64(first + i)
		if _, err := far.Write(encodePacket(&p)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReceive(t *testing.T) {
	c, far := subscribed(t)
	const n = 2*batchLength + 3 // more than one batch
	send(t, far, 0, n)
	var got int
	for got < n {
		err := c.Receive(soon(), func(a *Alert) {
			if a.Packet.Location != uint64(got) || string(a.Packet.Reason) != "NO_SOCKET" {
				t.Errorf("alert %d: %+v", got, a.Packet)
			}
			if got++; got == n {
				c.Wake()
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	expectLosses(t, c, 0, 0)
}

func expectLosses(t *testing.T, c *Client, socket, kernel uint64) {
	t.Helper()
	gotSocket, gotKernel, err := c.Losses()
	if err != nil || gotSocket != socket || gotKernel != kernel {
		t.Errorf("losses %d, %d, %v, want %d, %d", gotSocket, gotKernel, err, socket, kernel)
	}
}

// count receives until the deadline.
func count(t *testing.T, c *Client, deadline time.Time) (n int) {
	t.Helper()
	if err := c.Receive(deadline, func(*Alert) { n++ }); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestReceiveDeadline(t *testing.T) {
	c, far := subscribed(t)
	start := time.Now()
	if n := count(t, c, start.Add(20*time.Millisecond)); n != 0 {
		t.Errorf("%d alerts from nowhere", n)
	}
	if waited := time.Since(start); waited < 20*time.Millisecond {
		t.Errorf("waited only %v", waited)
	}
	// A deadline in the past still delivers what is there.
	send(t, far, 0, 3)
	if n := count(t, c, time.Unix(1, 0)); n != 3 {
		t.Errorf("%d alerts, want 3", n)
	}
}

func TestWake(t *testing.T) {
	c, _ := subscribed(t)
	t.Run("before", func(t *testing.T) {
		c.Wake()
		count(t, c, time.Time{}) // waits for ever if it does not work
	})
	t.Run("only once", func(t *testing.T) {
		start := time.Now()
		count(t, c, start.Add(20*time.Millisecond))
		if time.Since(start) < 20*time.Millisecond {
			t.Error("one Wake has ended two calls")
		}
	})
	t.Run("while waiting", func(t *testing.T) {
		for range 100 {
			done := make(chan struct{})
			go func() { c.Wake(); close(done) }()
			count(t, c, time.Time{})
			<-done
		}
	})
}

func TestWakeBeforeSubscribe(t *testing.T) {
	c, _ := newKernel(t).client()
	c.Wake()
	if err := c.Subscribe(); err != nil {
		t.Fatal(err)
	}
	count(t, c, time.Time{})
}

func TestUnsubscribeDrains(t *testing.T) {
	c, far := subscribed(t)
	send(t, far, 0, batchLength+1)
	if err := c.Unsubscribe(); err != nil {
		t.Fatal(err)
	}
	c.Wake()
	if n := count(t, c, time.Unix(1, 0)); n != batchLength+1 {
		t.Errorf("%d alerts, want %d", n, batchLength+1)
	}
	if n := count(t, c, time.Time{}); n != 0 { // does not wait
		t.Errorf("%d more", n)
	}
	if err := c.Subscribe(); err != nil {
		t.Fatal(err)
	}
	send(t, far, 0, 1)
	if n := count(t, c, time.Unix(1, 0)); n != 1 {
		t.Errorf("%d alerts after subscribing again, want 1", n)
	}
}

// A flood does not hold Receive past its deadline.
func TestReceiveFlood(t *testing.T) {
	c, _ := subscribed(t)
	p := packets["software"]
	message := encodePacket(&p)
	c.receiver.receive = func(_ uintptr, b *batch) (int, error) {
		fill(b, 0, message)
		return 1, nil
	}
	deadline := time.Now().Add(10 * time.Millisecond)
	if n := count(t, c, deadline); n == 0 || time.Now().Before(deadline) {
		t.Errorf("%d alerts, %v before the deadline", n, time.Until(deadline))
	}
}

// fill puts a message into a batch as the kernel would.
func fill(b *batch, i int, message []byte) {
	copy(b.memory[i*alertBytes:], message)
	b.messages[i].length = uint32(len(message))
	b.messages[i].header.Flags = 0
}

func TestReceiveTroubles(t *testing.T) {
	c, _ := subscribed(t)
	p := packets["software"]
	good := encodePacket(&p)
	bad := datagram(commandPacketAlert, func(e *netlink.AttributeEncoder) { e.Uint8(attributePC, 1) })
	steps := []func(b *batch) (int, error){
		func(*batch) (int, error) { return 0, unix.ENOBUFS },
		func(*batch) (int, error) { return 0, unix.EINTR },
		func(b *batch) (int, error) {
			fill(b, 0, good)
			fill(b, 1, bad)
			fill(b, 2, good)
			b.messages[2].header.Flags = unix.MSG_TRUNC
			fill(b, 3, append(append([]byte(nil), good...), good...))
			return 4, nil
		},
		func(*batch) (int, error) { return 0, unix.ENOMEM },
	}
	c.receiver.receive = func(_ uintptr, b *batch) (int, error) {
		step := steps[0]
		steps = steps[1:]
		return step(b)
	}
	n := 0
	err := c.Receive(soon(), func(*Alert) { n++ })
	if !errors.Is(err, unix.ENOMEM) || n != 3 {
		t.Errorf("%d alerts, %v, want 3 and ENOMEM", n, err)
	}
	if undecoded, fault := c.Undecoded(); undecoded != 2 || fault == nil || !strings.Contains(fault.Error(), "attribute PC") {
		t.Errorf("undecoded %d, %v", undecoded, fault)
	}
	expectLosses(t, c, 2, 0)
}

func TestReceiveAllocates(t *testing.T) {
	c, _ := subscribed(t)
	p := packets["software"]
	message := encodePacket(&p)
	r := c.receiver
	r.receive = func(_ uintptr, b *batch) (int, error) {
		for i := range batchLength {
			fill(b, i, message)
		}
		return batchLength, nil
	}
	n := 0
	yield := func(*Alert) { n++ }
	over := time.Unix(1, 0)
	allocations := testing.AllocsPerRun(100, func() {
		if err := c.Receive(over, yield); err != nil {
			t.Fatal(err)
		}
	})
	if allocations != 0 || n == 0 {
		t.Errorf("%v allocations for a batch, %d alerts", allocations, n)
	}
}

func TestLossesOfTheKernel(t *testing.T) {
	k := newKernel(t)
	k.stats = Stats{Software: 100, Hardware: 10}
	c, _ := k.client()
	expectLosses(t, c, 0, 0)
	if err := c.Subscribe(); err != nil {
		t.Fatal(err)
	}
	expectLosses(t, c, 0, 0)
	k.stats = Stats{Software: 103, Hardware: 11}
	expectLosses(t, c, 0, 4)
	if err := c.Unsubscribe(); err != nil {
		t.Fatal(err)
	}
	k.stats.Software = 1000 // while nobody listens
	expectLosses(t, c, 0, 4)
	if err := c.Subscribe(); err != nil {
		t.Fatal(err)
	}
	k.stats.Software++
	expectLosses(t, c, 0, 5)
	k.stats = Stats{Software: 2} // the module was loaded anew
	expectLosses(t, c, 0, 6)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	expectLosses(t, c, 0, 6)
}

func TestReceiveNeedsSubscription(t *testing.T) {
	c, _ := newKernel(t).client()
	if err := c.Receive(soon(), func(*Alert) {}); err == nil {
		t.Error("no error")
	}
}
