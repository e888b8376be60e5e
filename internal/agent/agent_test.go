package agent

import (
	"io"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"dropwatch/internal/alert"
	"dropwatch/internal/config"
)

// TestReloadWhileRead: agents that tell each other are asked and reloaded at the
// same time, and end in time with nothing left running. It is of most use with the
// race detector.
func TestReloadWhileRead(t *testing.T) {
	before := runtime.NumGoroutine()
	key := newKeys(t)
	first := member(t, quick(t, "a"), key, config.Collector)
	second := member(t, quick(t, "b"), key, config.Collector)
	second.Peers.Join = []string{first.Peers.Bind}
	mute := member(t, quick(t, "c"), key, config.Mute, first.Peers.Bind, second.Peers.Bind)
	a, b, c := start(t, first), start(t, second), start(t, mute)
	eventually(t, "all to know all", func() bool { return a.up() == 3 && b.up() == 3 })

	stop := make(chan struct{})
	var readers sync.WaitGroup
	read := func(f func()) {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					f()
					time.Sleep(time.Millisecond)
				}
			}
		})
	}
	for _, path := range []string{"/status", "/hosts", "/drops", "/alerts", "/metrics"} {
		read(func() { a.handler().ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", path, nil)) })
	}
	read(func() {
		if err := a.Status().Write(io.Discard); err != nil {
			t.Error(err)
		}
	})
	read(func() { _, _ = Ask(t.Context(), first.State.Peers) }) // it may just be reloaded
	for _, next := range reloads(t, first) {
		var both sync.WaitGroup
		for range 2 { // as an impatient administrator does
			both.Go(func() {
				if err := a.Reload(next); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		eventually(t, "all to know all again", func() bool { return a.up() == 3 && len(a.Parts()) == len(a.wanted()) })
	}
	close(stop)
	readers.Wait()
	for _, r := range []*runs{a, b, c} {
		r.stop()
		if text := r.log.String(); strings.Contains(text, "fault of the program") {
			t.Error(text)
		}
	}
	eventually(t, "the last goroutine to end", func() bool { return runtime.NumGoroutine() <= before })
}

// reloads are configurations that change one thing after the other.
func reloads(t *testing.T, c config.Config) []config.Config {
	t.Helper()
	list := []config.Config{c}
	change := func(f func()) {
		f()
		list = append(list, c)
	}
	change(func() { c.Interval = 150 * time.Millisecond })
	change(func() { c.Alerts.Rules = []alert.Rule{{Name: "up", When: "up >= 1"}} })
	change(func() { c.Metrics.Address = "127.0.0.1:0" })
	change(func() { c.Peers.DownAfter = 60 })
	change(func() { c.History.Values = []string{"load1"} })
	change(func() { c.Peers.MaxHosts = 17 })
	change(func() { c.Metrics.Address, c.Alerts.Rules, c.History.Enabled = "", nil, false })
	return list
}

// TestInterval: one that is shorter counts at once, also for who has just begun to
// wait for long.
func TestInterval(t *testing.T) {
	c := quick(t, "a")
	c.Interval, c.History.Enabled = time.Hour, false
	a := start(t, c)
	eventually(t, "the first record", func() bool { return a.hosts.of(a.ID()) != nil })
	c.Interval = 100 * time.Millisecond
	if err := a.Reload(c); err != nil {
		t.Fatal(err)
	}
	eventually(t, "some more", func() bool { return a.hosts.of(a.ID()).Sequence > 3 })
	if !a.alive() {
		t.Error("it counts as dead")
	}
}

// TestReloadBeforeRun: what was opened for another configuration is not used.
func TestReloadBeforeRun(t *testing.T) {
	c := member(t, quick(t, "a"), newKeys(t), config.Collector)
	a, err := New(c, "test", io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	c.Peers.Enabled = false
	if err := a.Reload(c); err != nil {
		t.Fatal(err)
	}
	if err := a.begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer a.crew.stop()
	if a.linked() != nil {
		t.Error("it takes part in the cluster")
	}
}

// TestNewLeavesNothing: an agent that cannot start leaves nothing open.
func TestNewLeavesNothing(t *testing.T) {
	before := runtime.NumGoroutine()
	c := member(t, quick(t, "a"), newKeys(t), config.Collector)
	other := c
	other.Peers.Bind = "192.0.2.1:1513"
	if _, err := New(other, "test", io.Discard); err == nil {
		t.Fatal("it listens at an address of another host")
	}
	eventually(t, "the last goroutine to end", func() bool { return runtime.NumGoroutine() <= before })
	a, err := New(c, "test", io.Discard)
	if err != nil {
		t.Fatalf("after one that failed: %v", err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	eventually(t, "the last goroutine to end", func() bool { return runtime.NumGoroutine() <= before })
}

// TestOneIdentity: a second agent with the same identity is refused, whatever its
// other directories are.
func TestOneIdentity(t *testing.T) {
	c := quick(t, "a")
	a := start(t, c)
	other := quick(t, "a")
	other.State.Identity = c.State.Identity
	_, err := New(other, "test", io.Discard)
	if err == nil || !strings.Contains(err.Error(), "another agent runs with it") || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v", err)
	}
	a.stop()
	b, err := New(other, "test", io.Discard)
	if err != nil {
		t.Fatalf("after its end: %v", err)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}
