package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// A town is some labs at one bridge, each with an agent.
type town struct {
	directory string
	bridge    *lab
	labs      []*lab
	agents    []*child
	// collectors are those that mute agents tell; empty means the first agent
	collectors string
	homes      bool // each agent has a directory of its own
}

// A plan says what the agents of a town are. A pattern can have the number of
// the agent in it, as %[1]d, and that number plus one, as %[2]d.
type plan struct {
	agents   int
	interval string
	// role and more are asked for each agent; more is added to its peers.
	role   func(i int) string
	more   func(i int) string
	filter string // of drops
	// netns are those that all agents watch; empty means each its own.
	netns string
	// top is added to the configuration of each agent.
	top string
	// change changes how the agent is started.
	change func(i int, c *exec.Cmd)
}

// collectors begins at the first agent.
func collectors(n int) func(int) string {
	return func(i int) string {
		if i < n {
			return "collector"
		}
		return "mute"
	}
}

// newTown starts agents.
func newTown(t *testing.T, p plan) *town {
	t.Helper()
	w := layTown(t, p)
	for i := range p.agents {
		w.write(t, p, i)
		w.agents = append(w.agents, w.start(t, p, i))
	}
	return w
}

// layTown makes the network and the key.
func layTown(t *testing.T, p plan) *town {
	t.Helper()
	w := &town{directory: t.TempDir(), bridge: newLab(t)}
	command(t, "ip", "-n", w.bridge.name, "link", "add", "name", "br0", "type", "bridge")
	command(t, "ip", "-n", w.bridge.name, "link", "set", "br0", "up")
	c := launch(t, nil, "cluster", "key", "generate", w.key())
	c.wait(t, 0)
	for i := range p.agents {
		l := newLab(t)
		command(t, "ip", "-n", w.bridge.name, "link", "add", w.port(i), "type", "veth", "peer", "name", "eth0", "netns", l.name)
		command(t, "ip", "-n", w.bridge.name, "link", "set", w.port(i), "master", "br0", "up")
		command(t, "ip", "-n", l.name, "addr", "add", fmt.Sprintf("10.77.0.%d/24", i+1), "dev", "eth0")
		command(t, "ip", "-n", l.name, "link", "set", "eth0", "up")
		w.labs = append(w.labs, l)
	}
	return w
}

func (w *town) key() string         { return filepath.Join(w.directory, "key") }
func (w *town) port(i int) string   { return fmt.Sprintf("p%d", i) }
func (w *town) config(i int) string { return filepath.Join(w.directory, fmt.Sprintf("%d.yaml", i)) }

func (w *town) path(what string, i int) string {
	if w.homes && what != "home" {
		return filepath.Join(w.path("home", i), what)
	}
	return filepath.Join(w.directory, fmt.Sprintf("%s%d", what, i))
}

// write writes the configuration of an agent.
func (w *town) write(t *testing.T, p plan, i int) {
	t.Helper()
	more := ""
	if p.more != nil {
		more = p.more(i)
	}
	text := fmt.Sprintf(`
host: h%d
interval: %s
drops: {netns: [%s], filter: '%s'}
peers:
  enabled: true
  role: %s
  bind: 10.77.0.%d:1513
  collectors: %s
  key_file: %s
  networks: [10.77.0.0/24]
%s
state: {identity: %s, peers: %s}
%s
`, i, p.interval, cmp.Or(p.netns, w.labs[i].name), p.filter, p.role(i), i+1, cmp.Or(w.collectors, `["10.77.0.1:1513"]`), w.key(), more, w.path("identity", i), w.path("peers", i), p.top)
	if err := os.WriteFile(w.config(i), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	checked := launch(t, nil, "agent", "--config", w.config(i), "--check-config")
	checked.wait(t, 0)
}

// start starts an agent in its lab.
func (w *town) start(t *testing.T, p plan, i int) *child {
	t.Helper()
	inside := func(c *exec.Cmd) {
		path, err := exec.LookPath("ip")
		if err != nil {
			t.Fatal(err)
		}
		c.Args = append([]string{"ip", "netns", "exec", w.labs[i].name, c.Path}, c.Args[1:]...)
		c.Path = path
		if p.change != nil {
			p.change(i, c)
		}
	}
	return launch(t, inside, "agent", "--config", w.config(i))
}

// seeAt is what a client command tells of an agent's state directory.
func seeAt[T any](t *testing.T, w *town, i int, command ...string) (value T) {
	t.Helper()
	c := launch(t, nil, append(command, "--json", "--state", w.path("peers", i))...)
	c.wait(t, 0)
	if err := json.Unmarshal([]byte(c.out.String()), &value); err != nil {
		t.Fatalf("decode %s: %v", &c.out, err)
	}
	return value
}

// see is what the first agent's directory tells.
func see[T any](t *testing.T, w *town, command ...string) T {
	t.Helper()
	return seeAt[T](t, w, 0, command...)
}
