package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"dropwatch/internal/cluster"
)

// A town is some labs at one bridge, each with an agent.
type town struct {
	directory string
	labs      []*lab
	agents    []*child
}

// newTown starts agents: the first collects, the others are mute.
func newTown(t *testing.T, agents int) *town {
	t.Helper()
	w := &town{directory: t.TempDir()}
	bridge := newLab(t)
	command(t, "ip", "-n", bridge.name, "link", "add", "name", "br0", "type", "bridge")
	command(t, "ip", "-n", bridge.name, "link", "set", "br0", "up")
	key := filepath.Join(w.directory, "key")
	c := launch(t, nil, "cluster", "key", "generate", key)
	c.wait(t, 0)
	for i := range agents {
		l := newLab(t)
		port := fmt.Sprintf("p%d", i)
		command(t, "ip", "-n", bridge.name, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", l.name)
		command(t, "ip", "-n", bridge.name, "link", "set", port, "master", "br0", "up")
		command(t, "ip", "-n", l.name, "addr", "add", fmt.Sprintf("10.77.0.%d/24", i+1), "dev", "eth0")
		command(t, "ip", "-n", l.name, "link", "set", "eth0", "up")
		w.labs = append(w.labs, l)
	}
	for i := range agents {
		w.start(t, i, key)
	}
	return w
}

func (w *town) start(t *testing.T, i int, key string) {
	t.Helper()
	role := "mute"
	if i == 0 {
		role = "collector"
	}
	file := filepath.Join(w.directory, fmt.Sprintf("%d.yaml", i))
	text := fmt.Sprintf(`
host: h%d
interval: 1s
drops: {netns: [%s]}
peers:
  enabled: true
  role: %s
  bind: 10.77.0.%d:1513
  collectors: ["10.77.0.1:1513"]
  key_file: %s
  networks: [10.77.0.0/24]
state: {identity: %s, peers: %s}
`, i, w.labs[i].name, role, i+1, key, w.path("identity", i), w.path("peers", i))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	checked := launch(t, nil, "agent", "--config", file, "--check-config")
	checked.wait(t, 0)
	inside := func(c *exec.Cmd) {
		c.Args = append([]string{"ip", "netns", "exec", w.labs[i].name, c.Path}, c.Args[1:]...)
		path, err := exec.LookPath("ip")
		if err != nil {
			t.Fatal(err)
		}
		c.Path = path
	}
	w.agents = append(w.agents, launch(t, inside, "agent", "--config", file))
}

func (w *town) path(what string, i int) string {
	return filepath.Join(w.directory, fmt.Sprintf("%s%d", what, i))
}

// see is what a client command tells of an agent's state directory.
func see[T any](t *testing.T, w *town, command ...string) (value T) {
	t.Helper()
	c := launch(t, nil, append(command, "--json", "--state", w.path("peers", 0))...)
	c.wait(t, 0)
	if err := json.Unmarshal([]byte(c.out.String()), &value); err != nil {
		t.Fatalf("decode %s: %v", &c.out, err)
	}
	return value
}

// TestRootCluster: what happens on each host is seen on the collector, a host
// that goes is down, and mute hosts listen at nothing.
func TestRootCluster(t *testing.T) {
	needRoot(t)
	w := newTown(t, 4)
	eventually(t, "all hosts with status and drops", func() bool {
		if _, err := os.Stat(w.path("peers", 0)); err != nil {
			return false
		}
		v := see[cluster.View](t, w, "cluster", "hosts")
		known := 0
		for _, h := range v.Hosts {
			if h.Up && h.Report != nil && h.Report.Status != nil && h.Report.Status.Uptime != nil && h.Report.Drops != nil {
				known++
			}
		}
		return known == 4
	})
	w.labs[2].drop(t, 37)
	eventually(t, "the drops of another host", func() bool {
		r := see[cluster.DropReport](t, w, "cluster", "drops")
		for _, c := range r.Causes {
			if c.Reason == "NO_SOCKET" && c.Packets == 37 && len(c.Hosts) == 1 && c.Hosts[0] == "h2" && c.Text != "" {
				return true
			}
		}
		return false
	})
	for i, l := range w.labs {
		text, err := exec.Command("ip", "netns", "exec", l.name, "ss", "-Hlun", "sport", "=", ":1513").CombinedOutput()
		if err != nil {
			t.Fatalf("ss: %v: %s", err, text)
		}
		all, err := exec.Command("ip", "netns", "exec", l.name, "ss", "-Hltun").CombinedOutput()
		if err != nil {
			t.Fatalf("ss: %v: %s", err, all)
		}
		if listens := len(text) > 0; listens != (i == 0) || i > 0 && len(all) > 0 {
			t.Errorf("agent %d listens at\n%s", i, all)
		}
	}
	w.agents[3].signal(t, syscall.SIGTERM)
	w.agents[3].wait(t, 0)
	eventually(t, "the host that went", func() bool {
		for _, h := range see[cluster.View](t, w, "uptime").Hosts {
			if h.Name == "h3" {
				return !h.Up
			}
		}
		return false
	})
	for i, a := range w.agents[:3] {
		a.signal(t, syscall.SIGINT)
		a.wait(t, 0)
		if text := a.err.String(); strings.Contains(text, "goroutine") {
			t.Errorf("agent %d: %s", i, text)
		}
	}
}
