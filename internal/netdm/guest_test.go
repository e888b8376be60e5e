package netdm

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

var (
	original = Settings{Mode: Summary, Queue: 1000}
	ours     = Wish{Settings: Settings{Mode: Packets, Truncate: 64, Queue: 5000}, Software: true}
)

// begun is a client that has begun.
func begun(t *testing.T, k *fakeKernel, w Wish) *Client {
	t.Helper()
	c, _ := k.client()
	must(t, c.Subscribe())
	must(t, c.Begin(w))
	return c
}

// kill does to a client what SIGKILL does: the kernel closes its files.
func kill(c *Client) {
	for _, held := range c.guest.markers.held {
		if held != nil {
			held.leave()
		}
	}
	c.closed = true
}

// later is a Receive a second after the last.
func later(t *testing.T, c *Client) {
	t.Helper()
	c.guest.checked = time.Time{}
	must(t, c.Receive(long, func(*Alert) {}))
}

func (k *fakeKernel) expect(software, hardware bool, s Settings) {
	k.t.Helper()
	if k.software != software || k.hardware != hardware {
		k.t.Errorf("software %v, hardware %v; want %v and %v", k.software, k.hardware, software, hardware)
	}
	if k.settings != s {
		k.t.Errorf("settings %+v, want %+v", k.settings, s)
	}
}

// expectMarkers demands the names of all that is in the runtime directory.
func (k *fakeKernel) expectMarkers(want ...string) {
	k.t.Helper()
	entries, err := os.ReadDir(k.runtime)
	must(k.t, err)
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	equal(k.t, want, got)
}

func TestBegin(t *testing.T) {
	k := newKernel(t)
	c := begun(t, k, Wish{Settings: ours.Settings, Software: true, Hardware: true})
	k.expect(true, true, ours.Settings)
	k.expectMarkers("netdm-hardware", "netdm-software")
	for _, name := range []string{"netdm-hardware", "netdm-software"} {
		info, err := os.Stat(filepath.Join(k.runtime, name))
		must(t, err)
		if info.Mode() != 0o600 {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
		r, ok := readMarker(filepath.Join(k.runtime, name), bootID())
		if want := (record{os.Getpid(), bootID(), true, true, original, ours.Settings}); !ok || r != want {
			t.Errorf("%s says %+v, want %+v", name, r, want)
		}
	}
	equal(t, Standing{}, c.Standing())
	must(t, c.Close())
	k.expect(false, false, original)
	k.expectMarkers()
}

func TestBeginAfterACrash(t *testing.T) {
	k := newKernel(t)
	kill(begun(t, k, Wish{Settings: ours.Settings, Software: true, Hardware: true}))
	k.expect(true, true, ours.Settings)

	c, _ := k.client()
	must(t, c.Subscribe())
	look, err := c.Look()
	must(t, err)
	equal(t, Standing{Crashed: os.Getpid()}, look)
	k.expect(true, true, ours.Settings)

	other := Settings{Mode: Packets, Truncate: 96, Queue: 7000}
	must(t, c.Begin(Wish{Settings: other, Software: true}))
	equal(t, Standing{Crashed: os.Getpid()}, c.Standing())
	k.expect(true, false, other)
	k.expectMarkers("netdm-software")
	kill(c) // twice: the first settings are still known

	c = begun(t, k, ours)
	k.expect(true, false, ours.Settings)
	must(t, c.Close())
	k.expect(false, false, original)
	k.expectMarkers()
}

// A crash between the last stop and the restoring, or another one's stop, leaves
// only settings.
func TestBeginAfterACrashWhenIdle(t *testing.T) {
	k := newKernel(t)
	kill(begun(t, k, ours))
	k.software = false
	c := begun(t, k, ours)
	equal(t, Standing{}, c.Standing())
	must(t, c.Close())
	k.expect(false, false, original)
}

// What somebody has set since the crash is what is restored.
func TestSettingsSinceTheCrash(t *testing.T) {
	k := newKernel(t)
	kill(begun(t, k, ours))
	theirs := Settings{Mode: Summary, Queue: 3}
	k.settings = theirs
	must(t, begun(t, k, ours).Close())
	k.expect(false, false, theirs)
}

func TestBeginIsPassive(t *testing.T) {
	theirs := Settings{Mode: Summary, Queue: 77}
	for _, test := range []struct {
		name  string
		set   func(*fakeKernel)
		want  Standing
		files []string
	}{
		{"another listens", func(k *fakeKernel) { k.crowd = true }, Standing{Passive: true}, nil},
		{"nobody listens, no marker", func(*fakeKernel) {}, Standing{Passive: true, Abandoned: true}, nil},
		{"ours crashed, another listens", func(k *fakeKernel) {
			k.crowd = true
			k.leave(record{1, bootID(), true, false, original, theirs})
		}, Standing{Passive: true}, []string{"netdm-software"}},
		{"marker of another boot", func(k *fakeKernel) {
			k.leave(record{1, "another", true, false, original, theirs})
		}, Standing{Passive: true, Abandoned: true}, nil},
		{"marker that is none", func(k *fakeKernel) {
			must(k.t, os.WriteFile(filepath.Join(k.runtime, "netdm-software"), []byte("{"), 0o600))
		}, Standing{Passive: true, Abandoned: true}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			k := newKernel(t)
			k.software, k.settings = true, theirs
			test.set(k)
			c := begun(t, k, ours)
			equal(t, test.want, c.Standing())
			look, err := c.Look()
			must(t, err)
			equal(t, test.want, look)
			later(t, c)
			must(t, c.Release())
			must(t, c.Close())
			k.expect(true, false, theirs)
			equal(t, 0, len(k.orders))
			k.expectMarkers(test.files...)
		})
	}
}

// leave puts the marker of a dead process there.
func (k *fakeKernel) leave(r record) {
	k.t.Helper()
	m, err := claimMarker(filepath.Join(k.runtime, "netdm-software"), true)
	must(k.t, err)
	must(k.t, m.write(r))
	m.leave()
}

// Of two, the second listens; when the first goes the second switches on.
func TestTwoAtOnce(t *testing.T) {
	k := newKernel(t)
	first := begun(t, k, ours)
	k.crowd = true
	other := Wish{Settings: Settings{Mode: Packets, Queue: 9}, Software: true}
	second := begun(t, k, other)
	equal(t, Standing{Passive: true}, second.Standing())
	later(t, second)
	k.expect(true, false, ours.Settings)

	must(t, first.Close())
	k.crowd = false
	k.expect(false, false, original)
	later(t, second)
	k.expect(true, false, other.Settings)
	equal(t, Standing{Interrupted: true}, second.Standing())
	k.expectMarkers("netdm-software")
	must(t, second.Close())
	k.expect(false, false, original)
	k.expectMarkers()
}

// When the first is killed the second, alone now, sees to it that the monitor is
// switched off in the end.
func TestInherit(t *testing.T) {
	k := newKernel(t)
	first := begun(t, k, ours)
	k.crowd = true
	second := begun(t, k, ours)
	kill(first)
	later(t, second)
	equal(t, Standing{Passive: true}, second.Standing()) // a third one listens
	k.crowd = false
	later(t, second)
	equal(t, Standing{}, second.Standing())
	must(t, second.Close())
	k.expect(false, false, original)
	k.expectMarkers()
}

// Another client's stop ends the monitor for all.
func TestSwitchedOffByAnother(t *testing.T) {
	k := newKernel(t)
	c := begun(t, k, ours)
	k.software = false
	later(t, c)
	k.expect(true, false, ours.Settings)
	equal(t, Standing{Interrupted: true}, c.Standing())

	k.software, k.refuse = false, unix.ENOMEM
	c.guest.checked = time.Time{}
	must(t, c.Receive(long, func(*Alert) {})) // told, but no reason to end
	if s := c.Standing(); !errors.Is(s.Off, unix.ENOMEM) {
		t.Errorf("standing %+v", s)
	}
	k.refuse = 0
	later(t, c)
	k.expect(true, false, ours.Settings)
	equal(t, Standing{Interrupted: true}, c.Standing())
	must(t, c.Close())
	k.expect(false, false, original)
}

// Who stops the monitor and sets it gets their settings back in the end.
func TestSetByAnotherMeanwhile(t *testing.T) {
	k := newKernel(t)
	c := begun(t, k, ours)
	theirs := Settings{Mode: Summary, Queue: 42}
	k.software, k.settings = false, theirs
	later(t, c)
	k.expect(true, false, ours.Settings)
	must(t, c.Close())
	k.expect(false, false, theirs)
}

// Who was taken over undoes nothing of the new owner's.
func TestTakenOver(t *testing.T) {
	k := newKernel(t)
	first := begun(t, k, ours)
	k.crowd = true
	theirs := Wish{Settings: Settings{Mode: Packets, Queue: 9}, Software: true, Takeover: true}
	second := begun(t, k, theirs)
	equal(t, Standing{}, second.Standing())
	k.expect(true, false, theirs.Settings)
	must(t, first.Close())
	k.expect(true, false, theirs.Settings)
	must(t, second.Close())
	k.expect(false, false, original)
	k.expectMarkers()
}

func TestBeginTakesOver(t *testing.T) {
	k := newKernel(t)
	k.software, k.hardware = true, true
	c, _ := k.client()
	want := Settings{Mode: Packets, Truncate: 96, Queue: 2000}
	if err := c.Begin(Wish{Settings: want, Software: true, Takeover: true}); err != nil {
		t.Fatal(err)
	}
	equal(t, want, k.settings)
	if !k.software || k.hardware {
		t.Errorf("software %v, hardware %v", k.software, k.hardware)
	}
	equal(t, []string{"stop", "config", "start"}, k.orders)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if k.software {
		t.Error("still on")
	}
}

// The other half of the monitor is on for somebody else.
func TestBeginOurHalf(t *testing.T) {
	k := newKernel(t)
	k.hardware = true
	c := begun(t, k, ours)
	equal(t, Standing{}, c.Standing())
	k.expect(true, true, original)
	must(t, c.Close())
	k.expect(false, true, original)
	k.expectMarkers()
}

func TestBeginWithoutMarkers(t *testing.T) {
	k := newKernel(t)
	k.runtime = filepath.Join(k.runtime, "file")
	must(t, os.WriteFile(k.runtime, nil, 0o600))
	c := begun(t, k, ours)
	k.expect(true, false, ours.Settings)
	if c.Standing().Unmarked == nil {
		t.Error("nothing is said of it")
	}
	must(t, c.Close())
	k.expect(false, false, original)
}

func TestBeginRefused(t *testing.T) {
	k := newKernel(t)
	k.refuse = unix.EPERM
	c, _ := k.client()
	must(t, c.Subscribe())
	if err := c.Begin(ours); !errors.Is(err, os.ErrPermission) {
		t.Errorf("got %v", err)
	}
	k.expectMarkers()
	if err := c.Begin(Wish{}); err == nil {
		t.Error("nothing is asked for, and that is no error")
	}
}

// Kernels before 5.4 cannot be asked for their state and have no settings.
func TestBeginOnOldKernels(t *testing.T) {
	k := newKernel(t)
	k.highest, k.ops = 0, []uint32{2, 3, 4}
	kill(begun(t, k, ours))
	c := begun(t, k, ours)
	equal(t, Standing{Crashed: os.Getpid()}, c.Standing())
	must(t, c.Close())
	k.expect(false, false, original)
	k.software = true
	c = begun(t, k, ours)
	equal(t, Standing{Passive: true, Abandoned: true}, c.Standing())
	must(t, c.Close())
	k.expect(true, false, original)
}

// Receive looks after the monitor by itself while it waits.
func TestReceiveLooksAfterTheMonitor(t *testing.T) {
	k := newKernel(t)
	c := begun(t, k, ours)
	k.software = false
	must(t, c.Receive(time.Now().Add(checkInterval+50*time.Millisecond), func(*Alert) {}))
	k.expect(true, false, ours.Settings)
}
