package netdm

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/mdlayher/genetlink"
	"github.com/mdlayher/netlink/nltest"
	"golang.org/x/sys/unix"
)

func TestFeatures(t *testing.T) {
	for _, test := range []struct {
		name    string
		highest uint32
		ops     []uint32
		want    Features
	}{
		{"3.10", 0, []uint32{2, 3, 4}, Features{}},
		{"5.4", 21, []uint32{2, 3, 4, 6, 8}, Features{Configure: true, Stats: true, Hardware: true}},
		{"5.10", 22, []uint32{2, 3, 4, 6, 8}, Features{Configure: true, Stats: true, Hardware: true, Cookie: true}},
		{"6.1", 23, []uint32{2, 3, 4, 6, 8}, Features{Configure: true, Stats: true, Hardware: true, Cookie: true, Reason: true}},
		{"some day", 99, []uint32{2, 3, 4, 6, 8, 64, 1 << 31}, Features{Configure: true, Stats: true, Hardware: true, Cookie: true, Reason: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			k := newKernel(t)
			k.highest, k.ops = test.highest, test.ops
			c, _ := k.client()
			equal(t, test.want, c.Features())
		})
	}
}

func TestNotAvailable(t *testing.T) {
	k := newKernel(t)
	k.absent = true
	c, err := newClient(Config{}, genetlink.NewConn(nltest.Dial(k.serve)), nil)
	if c != nil || !errors.Is(err, ErrNotAvailable) {
		t.Fatalf("got %v, %v, want ErrNotAvailable", c, err)
	}
}

func TestRefusals(t *testing.T) {
	for _, test := range []struct {
		name  string
		set   func(*fakeKernel)
		do    func(*Client) error
		kind  error
		errno unix.Errno
		words []string
	}{
		{
			"start twice", func(k *fakeKernel) { k.software = true },
			func(c *Client) error { return c.Start(true, false) },
			ErrRunning, unix.EAGAIN, []string{"start drop monitor: already running", "Trace state already set to requested state", "take the monitor over"},
		},
		{
			"start hardware twice", func(k *fakeKernel) { k.hardware = true },
			func(c *Client) error { return c.Start(true, true) },
			ErrRunning, unix.EAGAIN, []string{"Hardware monitoring already enabled"},
		},
		{
			"configure while on", func(k *fakeKernel) { k.software = true },
			func(c *Client) error { return c.Configure(Settings{Mode: Packets}) },
			ErrBusy, unix.EBUSY, []string{"configure drop monitor: busy", "Cannot configure drop monitor during monitoring"},
		},
		{
			"bad mode", func(*fakeKernel) {},
			func(c *Client) error { return c.Configure(Settings{Mode: 2}) },
			unix.EINVAL, unix.EINVAL, []string{"invalid argument", "Invalid alert mode"},
		},
		{
			"no privilege", func(k *fakeKernel) { k.refuse = unix.EPERM },
			func(c *Client) error { return c.Start(true, false) },
			os.ErrPermission, unix.EPERM, []string{"permission denied", "CAP_NET_ADMIN"},
		},
		{
			"old kernel, configuration", func(k *fakeKernel) { k.ops = []uint32{2, 3, 4} },
			func(c *Client) error { return c.Configure(Settings{Mode: Packets}) },
			errors.ErrUnsupported, unix.EOPNOTSUPP, []string{"Linux 5.4"},
		},
		{
			"old kernel, hardware", func(k *fakeKernel) { k.highest = 0 },
			func(c *Client) error { return c.Start(false, true) },
			errors.ErrUnsupported, unix.EOPNOTSUPP, []string{"Linux 5.4"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			k := newKernel(t)
			test.set(k)
			c, _ := k.client()
			before := *k
			err := test.do(c)
			if !errors.Is(err, test.kind) || !errors.Is(err, test.errno) {
				t.Fatalf("got %v, want %v and %v", err, test.kind, test.errno)
			}
			for _, words := range test.words {
				if !strings.Contains(err.Error(), words) {
					t.Errorf("%q does not say %q", err, words)
				}
			}
			if k.software != before.software || k.hardware != before.hardware || k.settings != before.settings {
				t.Error("the refused request has changed the monitor")
			}
		})
	}
}

func TestNotJoined(t *testing.T) {
	err := notJoined(unix.EPERM)
	if !errors.Is(err, os.ErrPermission) || !strings.Contains(err.Error(), "CAP_SYS_ADMIN") {
		t.Errorf("got %v", err)
	}
	if err := notJoined(unix.EINVAL); errors.Is(err, os.ErrPermission) || !errors.Is(err, unix.EINVAL) {
		t.Errorf("got %v", err)
	}
}

func TestState(t *testing.T) {
	k := newKernel(t)
	c, _ := k.client()
	expect := func(want State) {
		t.Helper()
		got, err := c.State()
		if got != want || err != nil {
			t.Fatalf("state %v, %v, want %v", got, err, want)
		}
	}
	expect(Idle)
	k.hardware = true
	expect(Foreign)
	k.hardware = false
	if err := c.Start(true, false); err != nil {
		t.Fatal(err)
	}
	expect(Ours)
	k.software = false // another client stops it
	expect(Idle)
	k.refuse = unix.EPERM
	expect(StateUnknown)
	equal(t, []string{"start"}, k.orders)

	k.ops = []uint32{2, 3, 4}
	c, _ = k.client()
	expect(StateUnknown)
}

func TestReleaseRestores(t *testing.T) {
	k := newKernel(t)
	k.settings = Settings{Mode: Summary, Truncate: 5, Queue: 7}
	c, _ := k.client()
	for _, s := range []Settings{{Mode: Packets, Truncate: 128, Queue: 10000}, {Mode: Packets, Truncate: 64, Queue: 10000}} {
		if err := c.Configure(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Start(true, true); err != nil {
		t.Fatal(err)
	}
	if err := c.Release(); err != nil {
		t.Fatal(err)
	}
	if k.software || k.hardware {
		t.Error("the monitor is still on")
	}
	equal(t, Settings{Mode: Summary, Truncate: 5, Queue: 7}, k.settings)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	equal(t, []string{"config", "config", "start", "stop", "config"}, k.orders)
}

// What others did stays as it is.
func TestReleaseIsAGuest(t *testing.T) {
	t.Run("monitor of another", func(t *testing.T) {
		k := newKernel(t)
		k.software = true
		c, _ := k.client()
		if err := c.Start(true, false); !errors.Is(err, ErrRunning) {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		equal(t, 0, len(k.orders))
	})
	t.Run("only our half", func(t *testing.T) {
		k := newKernel(t)
		k.software = true
		c, _ := k.client()
		if err := c.Start(false, true); err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if !k.software || k.hardware {
			t.Errorf("software %v, hardware %v", k.software, k.hardware)
		}
	})
	t.Run("settings in force already", func(t *testing.T) {
		k := newKernel(t)
		k.software = true
		c, _ := k.client()
		if err := c.Configure(k.settings); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("settings changed since", func(t *testing.T) {
		k := newKernel(t)
		c, _ := k.client()
		if err := c.Configure(Settings{Mode: Packets, Queue: 3}); err != nil {
			t.Fatal(err)
		}
		k.settings.Queue = 4
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		equal(t, Settings{Mode: Packets, Queue: 4}, k.settings)
	})
	t.Run("busy", func(t *testing.T) {
		k := newKernel(t)
		c, _ := k.client()
		if err := c.Configure(Settings{Mode: Packets}); err != nil {
			t.Fatal(err)
		}
		k.hardware = true
		if err := c.Release(); !errors.Is(err, ErrBusy) {
			t.Errorf("got %v, want ErrBusy", err)
		}
		if err := c.Close(); err != nil {
			t.Errorf("second time: %v", err)
		}
	})
}

func TestStartNeedsSomething(t *testing.T) {
	k := newKernel(t)
	c, _ := k.client()
	if err := c.Start(false, false); err == nil {
		t.Error("no error")
	}
	equal(t, 0, len(k.orders))
}
