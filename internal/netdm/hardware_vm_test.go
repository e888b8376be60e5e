package netdm

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dropwatch/internal/vmtest/netdevsim"
)

// simulated makes a device that reports devlink traps. Its port is up.
func simulated(t *testing.T) *netdevsim.Device {
	t.Helper()
	d, err := netdevsim.New(77)
	if errors.Is(err, netdevsim.ErrNotBuilt) {
		t.Skip(err)
	}
	must(t, err)
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	must(t, d.Up())
	return d
}

// waitFor receives until wanted is content, and captures the alert by the name.
func waitFor(t *testing.T, c *Client, what string, wanted func(*Alert) bool) []byte {
	t.Helper()
	var message []byte
	must(t, c.Receive(soon(), func(a *Alert) {
		if message == nil && wanted(a) {
			message = append([]byte(nil), a.Message...)
			c.Wake()
		}
	}))
	if message == nil {
		t.Fatalf("no %s", what)
	}
	if directory := os.Getenv("VMCAPTURE"); directory != "" {
		must(t, os.WriteFile(filepath.Join(directory, strings.ReplaceAll(what, " ", "-")+".bin"), message, 0o644))
	}
	return message
}

func TestVMHardware(t *testing.T) {
	c := vmClient(t)
	device := simulated(t)
	must(t, c.Subscribe())

	must(t, c.Configure(Settings{Mode: Packets, Truncate: 64, Queue: 1000}))
	must(t, c.Start(false, true))
	begin := time.Now()
	waitFor(t, c, "alert hardware packet", func(a *Alert) bool {
		p := &a.Packet
		if a.Mode != Packets || p.Origin != Hardware || string(p.Trap) != "fid_miss" {
			return false
		}
		if string(p.TrapGroup) != "l2_drops" || p.Interface == 0 || string(p.InterfaceName) != device.Port || p.Location != 0 || p.Reason != nil || p.Symbol != nil {
			t.Errorf("packet %+v", p)
		}
		if p.Length == 0 || len(p.Payload) == 0 || p.Time.Before(begin.Add(-time.Second)) {
			t.Errorf("length %d, %d bytes, time %v", p.Length, len(p.Payload), p.Time)
		}
		return true
	})
	must(t, c.Stop(false, true))

	must(t, c.Configure(Settings{Mode: Summary, Queue: 1000}))
	must(t, c.Start(false, true))
	waitFor(t, c, "alert hardware summary", func(a *Alert) bool {
		for _, trap := range a.Traps {
			if string(trap.Trap) == "fid_miss" && trap.Count > 0 {
				return true
			}
		}
		return false
	})
}

// The cookie of the tc rule that dropped in the device.
func TestVMHardwareCookie(t *testing.T) {
	c := vmClient(t)
	device := simulated(t)
	if !c.Features().Cookie {
		t.Fatal("the monitor of a kernel with netdevsim gives no cookies")
	}
	must(t, device.SetCookie("0a1b2c3d"))
	must(t, device.SetAction("ingress_flow_action_drop", "trap"))
	must(t, c.Subscribe())
	must(t, c.Configure(Settings{Mode: Packets, Truncate: 64, Queue: 1000}))
	must(t, c.Start(false, true))
	waitFor(t, c, "alert hardware cookie", func(a *Alert) bool {
		p := &a.Packet
		return string(p.Trap) == "ingress_flow_action_drop" && string(p.TrapGroup) == "acl_drops" && string(p.Cookie) == "\x0a\x1b\x2c\x3d"
	})
}

// With a queue of nothing the kernel loses all hardware drops, and counts each.
func TestVMHardwareLosses(t *testing.T) {
	c := vmClient(t)
	device := simulated(t)
	reported, err := device.Settled()
	must(t, err)
	must(t, c.Configure(Settings{Mode: Packets, Truncate: 64, Queue: 0}))
	must(t, c.Subscribe())
	before, err := c.Stats()
	must(t, err)
	must(t, c.Start(false, true))
	must(t, device.Up())
	for deadline := soon(); ; time.Sleep(10 * time.Millisecond) {
		after, err := c.Stats()
		must(t, err)
		if after.Hardware >= before.Hardware+6 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("statistics %+v, then %+v", before, after)
		}
	}
	now, err := device.Settled()
	must(t, err)
	want := uint64(0)
	// these two report without being told to; packets of control traps were
	// not dropped
	for _, trap := range []string{"fid_miss", "ttl_value_is_too_small"} {
		want += now[trap] - reported[trap]
	}
	after, err := c.Stats()
	must(t, err)
	socket, kernel, err := c.Losses()
	must(t, err)
	if lost := after.Hardware - before.Hardware; lost != want || kernel != want || socket != 0 {
		t.Errorf("device reported %d, statistics say %d, losses are %d in the kernel and %d in the socket", want, lost, kernel, socket)
	}
}
