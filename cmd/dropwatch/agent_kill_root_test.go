package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"dropwatch/internal/cluster"
	"dropwatch/internal/peer"
	"dropwatch/internal/peer/statedir"
)

// TestRootAgentKilled: an agent that takes records of many hosts all the time is
// killed again and again for a minute; whoever reads its files finds them whole
// at any time, and no host that was heard is forgotten.
func TestRootAgentKilled(t *testing.T) {
	needRoot(t)
	t.Parallel()
	const hosts, span = 60, time.Minute
	p := plan{agents: 1, interval: "1s", role: collectors(1)}
	w := newTown(t, p)
	keys, err := peer.LoadKeys(w.key())
	if err != nil {
		t.Fatal(err)
	}
	s := newSealer(t, keys[0])
	var guests []*stranger
	for range hosts {
		guests = append(guests, newStranger(t))
	}
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		w.labs[0].do(t, func() error {
			c, err := net.Dial("udp", "10.77.0.1:1513")
			if err != nil {
				return err
			}
			defer c.Close()
			for i := 0; ; i++ {
				select {
				case <-stop:
					return nil
				case <-time.After(3 * time.Millisecond):
				}
				// nobody listens while the agent is started again
				_, _ = c.Write(s.seal(t, guests[i%hosts].record(t, fmt.Sprintf("guest%d", i%hosts))))
			}
		})
	}()
	kills, reads := 0, 0
	known := make(map[string]bool)
	look := func() {
		peers, problems, err := statedir.ReadAll(w.path("peers", 0))
		if err != nil && !os.IsNotExist(err) || len(problems) > 0 {
			t.Fatalf("after %d kills: %v, %v", kills, problems, err)
		}
		reads++
		here := make(map[string]bool)
		for _, p := range peers {
			here[p.Name], known[p.Name] = true, true
		}
		for name := range known {
			if !here[name] {
				t.Fatalf("after %d kills %s is forgotten", kills, name)
			}
		}
	}
	eventually(t, "a state directory", func() bool { _, err := os.Stat(w.path("peers", 0)); return err == nil })
	for start := time.Now(); time.Since(start) < span; kills++ {
		for end := time.Now().Add(time.Duration(100+rand.IntN(500)) * time.Millisecond); time.Now().Before(end); {
			look()
		}
		a := w.agents[0]
		if a.ended() {
			t.Fatalf("the agent ended by itself: %s", &a.err)
		}
		a.signal(t, syscall.SIGKILL)
		<-a.done
		look()
		w.agents[0] = w.start(t, p, 0)
	}
	close(stop)
	<-done
	if len(known) != hosts+1 {
		t.Errorf("%d hosts were heard, want %d", len(known), hosts+1)
	}
	t.Logf("%d kills in %v, %d reads of up to %d files, all whole", kills, span, reads, len(known))
	w.agents[0].until(t, "the agent to answer", func() bool {
		return len(see[cluster.View](t, w, "uptime").Hosts) == hosts+1 && w.agents[0].command.Process != nil
	})
	w.agents[0].signal(t, syscall.SIGTERM)
	w.agents[0].wait(t, 0)
}
