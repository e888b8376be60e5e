package netdm

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A client that died has left the monitor on.
func TestVMTakeover(t *testing.T) {
	crashed := vmClient(t)
	must(t, crashed.Start(true, true))
	c, err := Dial(Config{Runtime: t.TempDir()})
	must(t, err)
	defer c.Close()
	before, err := c.Configuration()
	must(t, err)
	if before.Mode == Packets {
		t.Fatalf("left in %v mode by somebody", before.Mode)
	}
	must(t, c.Subscribe())
	must(t, c.Begin(Wish{Settings: Settings{Mode: Packets, Truncate: 64, Queue: 1000}, Software: true, Takeover: true}))
	port := closedPort(t, 5)
	if n := receivePackets(t, c, port, 5, nil); n != 5 {
		t.Errorf("got %d of 5", n)
	}
	must(t, c.Close())
	after, err := crashed.Configuration()
	must(t, err)
	equal(t, before, after)
	if state, err := crashed.State(); state != Idle || err != nil {
		t.Errorf("state %v, %v", state, err)
	}
}

// Who listens is found in the kernel's list.
func TestVMAlone(t *testing.T) {
	c := vmClient(t)
	alone := func(want bool) {
		t.Helper()
		if got := c.alone(); got != want {
			t.Errorf("alone is %v, want %v", got, want)
		}
	}
	alone(false) // not subscribed, so the list cannot be believed
	must(t, c.Subscribe())
	alone(true)
	other, err := Dial(Config{})
	must(t, err)
	defer other.Close()
	alone(true)
	must(t, other.Subscribe())
	alone(false)
	must(t, other.Unsubscribe())
	alone(true)
	// The list of another namespace does not tell.
	locked(func() {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			t.Error(err)
			return
		}
		alone(false)
	})
}

// What a killed client of ours has left on is put in order, on a real kernel.
func TestVMRecovery(t *testing.T) {
	runtime := t.TempDir()
	begin := func() *Client {
		t.Helper()
		c, err := Dial(Config{Runtime: runtime})
		must(t, err)
		t.Cleanup(func() { c.Close() })
		must(t, c.Subscribe())
		must(t, c.Begin(Wish{Settings: Settings{Mode: Packets, Truncate: 64, Queue: 1234}, Software: true, Hardware: true}))
		return c
	}
	observer := vmClient(t)
	before, err := observer.Configuration()
	must(t, err)
	crashed := begin()
	kill(crashed)
	must(t, crashed.receiver.close())
	must(t, crashed.control.Close())

	c := begin()
	if c.Standing().Crashed == 0 {
		t.Errorf("standing %+v", c.Standing())
	}
	port := closedPort(t, 10)
	if n := receivePackets(t, c, port, 10, nil); n != 10 {
		t.Errorf("got %d of 10", n)
	}
	must(t, observer.Stop(true, true)) // by another; it comes back
	must(t, c.Receive(time.Now().Add(2*checkInterval), func(*Alert) {}))
	if state, err := observer.State(); state != Foreign || err != nil || !c.Standing().Interrupted {
		t.Errorf("state %v, %v, standing %+v", state, err, c.Standing())
	}
	must(t, c.Close())
	after, err := observer.Configuration()
	must(t, err)
	equal(t, before, after)
	if state, err := observer.State(); state != Idle || err != nil {
		t.Errorf("state %v, %v", state, err)
	}
}
