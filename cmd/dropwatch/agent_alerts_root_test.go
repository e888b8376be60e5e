package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"dropwatch/internal/alert"
)

// TestRootAgentAlerts: of two collectors, which both see that a host goes and that
// another one loses packets, one runs the command, once at the begin and once at
// the end.
func TestRootAgentAlerts(t *testing.T) {
	needRoot(t)
	t.Parallel()
	book := filepath.Join(t.TempDir(), "book")
	script := filepath.Join(t.TempDir(), "note")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho \"$@\" >>"+book+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	p := plan{
		agents: 3, interval: "1s", role: collectors(2),
		more: func(int) string { return `  join: ["10.77.0.1:1513"]` },
		top: fmt.Sprintf(`alerts:
  rules:
  - {name: gone, when: up < 1, severity: critical, actions: [note]}
  - {name: refused, when: "drops.packets[NO_SOCKET] > 20", hosts: ["h[12]"], actions: [note]}
  actions:
    note: {command: [%s, "{rule}", "{host}", "{state}", "{number}"]}
`, script),
	}
	w := layTown(t, p)
	// the one that is mute tells both
	w.collectors = `["10.77.0.1:1513", "10.77.0.2:1513"]`
	for i := range p.agents {
		w.write(t, p, i)
		w.agents = append(w.agents, w.start(t, p, i))
	}
	for i := range 2 {
		eventually(t, "all hosts", func() bool { return w.known(t, i, 3) })
	}
	lines := func() []string {
		text, err := os.ReadFile(book)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return strings.Split(strings.TrimSpace(string(text)), "\n")
	}
	noted := func(want string) {
		t.Helper()
		eventually(t, want, func() bool {
			list := lines()
			return list[len(list)-1] == want
		})
	}
	w.labs[1].drop(t, 30)
	noted("refused h1 firing 30")
	w.agents[2].signal(t, syscall.SIGKILL)
	<-w.agents[2].done
	noted("gone h2 firing 0")
	for i := range 2 {
		eventually(t, "both to know", func() bool {
			c := launch(t, nil, "cluster", "alerts", "--state", w.path("peers", i))
			c.wait(t, statusThreshold)
			text := c.out.String()
			return strings.HasPrefix(text, "CRITICAL h2: host is down") && strings.Contains(text, "WARNING h1: ")
		})
	}
	// the one that spoke is gone for good; the other one speaks of the end
	w.agents[0].signal(t, syscall.SIGTERM)
	w.agents[0].wait(t, 0)
	eventually(t, "the last collector to speak for the cluster", func() bool { return w.status(t, 1).Peers.Members == 1 })
	w.agents[2] = w.start(t, p, 2)
	eventually(t, "the host that was gone to be heard", func() bool {
		for _, a := range seeAlerts(t, w, 1).Alerts {
			if a.Host == "h2" && a.Rule == "gone" {
				return false
			}
		}
		return true
	})
	eventually(t, "its end to be noted", func() bool { return strings.Contains(strings.Join(lines(), "\n"), "gone h2 ended 1") })
	count := make(map[string]int)
	for _, line := range lines() {
		count[line]++
	}
	for line, n := range count {
		if n != 1 {
			t.Errorf("%q was noted %d times:\n%s", line, n, strings.Join(lines(), "\n"))
		}
	}
}

// seeAlerts are those that ring.
func seeAlerts(t *testing.T, w *town, i int) alert.List {
	t.Helper()
	list, err := readAlerts(w.path("peers", i))
	if err != nil {
		t.Fatal(err)
	}
	return list
}
