package main

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"dropwatch/internal/cluster"
)

// TestRootForget: a host that was set up anew is refused under its old name, which
// the collector says with the cure; after that it is heard.
func TestRootForget(t *testing.T) {
	needRoot(t)
	t.Parallel()
	p := plan{agents: 2, interval: "1s", role: collectors(1)}
	w := newTown(t, p)
	eventually(t, "both hosts", func() bool { return w.known(t, 0, 2) })
	w.agents[1].signal(t, syscall.SIGTERM)
	w.agents[1].wait(t, 0)
	if err := os.RemoveAll(w.path("identity", 1)); err != nil {
		t.Fatal(err)
	}
	// the collector has its keys after a reboot, and what it kept in /run is gone
	w.agents[0].signal(t, syscall.SIGTERM)
	w.agents[0].wait(t, 0)
	if err := os.RemoveAll(w.path("peers", 0)); err != nil {
		t.Fatal(err)
	}
	w.agents[0], w.agents[1] = w.start(t, p, 0), w.start(t, p, 1)
	const cure = "(name_taken): its name belongs to another key; if it was set up anew: dropwatch cluster forget NAME"
	w.agents[0].until(t, "a word of the refusal", func() bool { return strings.Contains(w.agents[0].err.String(), cure) })

	state := []string{"--state", w.path("peers", 0)}
	c := launch(t, nil, append([]string{"cluster", "forget", "h7"}, state...)...)
	c.wait(t, statusFailed)
	c.oneLine(t, "no other host has that name or id")
	c = launch(t, nil, append([]string{"cluster", "forget", "h1"}, state...)...)
	c.wait(t, 0)
	eventually(t, "the host under its new key", func() bool { return w.known(t, 0, 2) })
	names := make(map[string]int)
	for _, h := range see[cluster.View](t, w, "cluster", "hosts").Hosts {
		names[h.Name]++
	}
	if names["h1"] != 1 {
		t.Errorf("hosts %v", names)
	}
	if n := strings.Count(w.agents[0].err.String(), cure); n != 1 {
		t.Errorf("the refusal was told %d times", n)
	}
}
