package netdm

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// simulated makes a device that reports devlink traps: netdevsim, which packaged
// kernels do not have.
func simulated(t *testing.T) {
	t.Helper()
	const bus = "/sys/bus/netdevsim/"
	if _, err := os.Stat(bus); errors.Is(err, fs.ErrNotExist) {
		t.Skip("module netdevsim is not loaded, so there is no device with traps")
	}
	must(t, os.WriteFile(bus+"new_device", []byte("77 1"), 0))
	t.Cleanup(func() {
		if err := os.WriteFile(bus+"del_device", []byte("77"), 0); err != nil {
			t.Error(err)
		}
	})
	ports, err := filepath.Glob(bus + "devices/netdevsim77/net/*")
	if err != nil || len(ports) == 0 {
		t.Fatalf("no port of the device: %v", err)
	}
	run(t, "ip", "link", "set", filepath.Base(ports[0]), "up") // traps fire while it is up
}

func run(t *testing.T, name string, arguments ...string) {
	t.Helper()
	if out, err := exec.Command(name, arguments...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", name, err, out)
	}
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
	simulated(t)
	must(t, c.Subscribe())

	must(t, c.Configure(Settings{Mode: Packets, Truncate: 64, Queue: 1000}))
	must(t, c.Start(false, true))
	begin := time.Now()
	waitFor(t, c, "alert hardware packet", func(a *Alert) bool {
		p := &a.Packet
		if a.Mode != Packets || p.Origin != Hardware || string(p.Trap) != "fid_miss" {
			return false
		}
		if string(p.TrapGroup) != "l2_drops" || p.Interface == 0 || len(p.InterfaceName) == 0 || p.Location != 0 || p.Reason != nil || p.Symbol != nil {
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
	simulated(t)
	if !c.Features().Cookie {
		t.Skip("this kernel's monitor gives no cookies")
	}
	if _, err := exec.LookPath("devlink"); err != nil {
		t.Skip("program devlink is missing, which sets what a trap does")
	}
	const cookie = "/sys/kernel/debug/netdevsim/netdevsim77/trap_flow_action_cookie"
	if _, err := os.Stat(cookie); err != nil {
		t.Skip("debugfs is not mounted")
	}
	must(t, os.WriteFile(cookie, []byte("0a1b2c3d\n"), 0))
	run(t, "devlink", "trap", "set", "netdevsim/netdevsim77", "trap", "ingress_flow_action_drop", "action", "trap")
	must(t, c.Subscribe())
	must(t, c.Configure(Settings{Mode: Packets, Truncate: 64, Queue: 1000}))
	must(t, c.Start(false, true))
	waitFor(t, c, "alert hardware cookie", func(a *Alert) bool {
		p := &a.Packet
		return string(p.Trap) == "ingress_flow_action_drop" && string(p.TrapGroup) == "acl_drops" && string(p.Cookie) == "\x0a\x1b\x2c\x3d"
	})
}

// With a queue of nothing the kernel loses all hardware drops, and counts them.
func TestVMHardwareLosses(t *testing.T) {
	c := vmClient(t)
	simulated(t)
	must(t, c.Configure(Settings{Mode: Packets, Truncate: 64, Queue: 0}))
	must(t, c.Subscribe())
	before, err := c.Stats()
	must(t, err)
	must(t, c.Start(false, true))
	for deadline := soon(); ; time.Sleep(10 * time.Millisecond) {
		after, err := c.Stats()
		must(t, err)
		_, kernel, err := c.Losses()
		must(t, err)
		if after.Hardware > before.Hardware && kernel > 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("statistics %+v, then %+v", before, after)
		}
	}
}
