package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"dropwatch/internal/cluster"
)

// asNobody has a command run without any capability, in a town whose files that
// user may use.
func (w *town) asNobody(t *testing.T, i int, c *exec.Cmd) {
	t.Helper()
	for path := w.directory; path != os.TempDir() && path != "/"; path = filepath.Dir(path) {
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	own := w.path("home", i)
	if err := os.Mkdir(own, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{own, w.config(i), w.key()} {
		if err := os.Chown(path, 65534, 65534); err != nil {
			t.Fatal(err)
		}
	}
	// after "ip netns exec NAME", which needs root
	at := 4
	with := []string{"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"}
	c.Args = append(append(append([]string{}, c.Args[:at]...), with...), c.Args[at:]...)
}

// TestRootAgentWithoutRights: an agent without any capability does everything but
// drops, and says so.
func TestRootAgentWithoutRights(t *testing.T) {
	needRoot(t)
	t.Parallel()
	const nobody = 1
	var w *town
	p := plan{agents: 2, interval: "1s", role: collectors(2), more: func(int) string { return `  join: ["10.77.0.1:1513"]` }}
	p.change = func(i int, c *exec.Cmd) {
		if i == nobody {
			w.asNobody(t, i, c)
		}
	}
	w = layTown(t, p)
	w.homes = true
	// only the one without rights can read the key then
	for _, i := range []int{0, nobody} {
		w.write(t, p, i)
		w.agents = append(w.agents, w.start(t, p, i))
		w.agents[i].until(t, "its state directory", func() bool { _, err := os.Stat(w.path("peers", i)); return err == nil })
	}
	for i := range w.agents {
		eventually(t, "status of both", func() bool {
			if w.agents[i].ended() {
				t.Fatalf("agent %d ended: %s", i, &w.agents[i].err)
			}
			count := 0
			for _, h := range seeAt[cluster.View](t, w, i, "cluster", "hosts").Hosts {
				if h.Up && h.Report != nil && h.Report.Status != nil && h.Report.Status.Uptime != nil {
					count++
				}
			}
			return count == 2
		})
	}
	eventually(t, "drops of the one that sees them", func() bool {
		r := see[cluster.DropReport](t, w, "cluster", "drops")
		return r.Hosts == 1 && len(r.Silent) == 1 && r.Silent[0] == "h1"
	})
	text := w.agents[nobody].err.String()
	if strings.Count(text, "CAP_BPF") != 1 || !strings.Contains(text, "drops: ") {
		t.Errorf("it should name CAP_BPF once:\n%s", text)
	}
	failed := ""
	for _, part := range w.status(t, nobody).Parts {
		if !part.Running {
			failed += part.Name
		}
	}
	if failed != "drops" {
		t.Errorf("parts that do not run: %q", failed)
	}
	for i, a := range w.agents {
		a.signal(t, syscall.SIGTERM)
		a.wait(t, 0)
		t.Logf("agent %d: %s", i, &a.err)
	}
}
