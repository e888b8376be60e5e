package main

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"dropwatch/internal/cluster"
)

// TestRootCluster: what happens on each host is seen on the collector, a host
// that goes is down, and mute hosts listen at nothing.
func TestRootCluster(t *testing.T) {
	needRoot(t)
	w := newTown(t, plan{agents: 4, interval: "1s", role: collectors(1)})
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

// known tells whether agent i knows that n hosts are up, with their status and
// drops.
func (w *town) known(t *testing.T, i, n int) bool {
	t.Helper()
	if _, err := os.Stat(w.path("peers", i)); err != nil {
		return false
	}
	count := 0
	for _, h := range seeAt[cluster.View](t, w, i, "cluster", "hosts").Hosts {
		if h.Up && h.Report != nil && h.Report.Status != nil && h.Report.Status.Uptime != nil && h.Report.Drops != nil {
			count++
		}
	}
	return count == n
}

// TestRootTen: ten agents tell each other; a host that is cut off is down, and
// comes back by itself; drops on one are in the report of every other one.
func TestRootTen(t *testing.T) {
	needRoot(t)
	const agents, interval = 10, 2 * time.Second
	w := newTown(t, plan{
		agents: agents, interval: interval.String(), role: collectors(agents),
		more: func(int) string { return `  join: ["10.77.0.1:1513", "10.77.0.2:1513"]` },
	})
	all := func() bool {
		for i := range agents {
			if !w.known(t, i, agents) {
				return false
			}
		}
		return true
	}
	started := time.Now()
	eventually(t, "all know all", all)
	t.Logf("all know all %v after the last one was started, the commands that ask them included", time.Since(started).Round(time.Millisecond))
	w.labs[3].drop(t, 37)
	dropped := time.Now()
	for i := range agents {
		var heard time.Time
		eventually(t, "the drops of another host", func() bool {
			heard = w.heard(t, i, "h3")
			return w.tells(t, i, "NO_SOCKET", "h3", 37)
		})
		if late := heard.Sub(dropped); late > 2*interval {
			t.Errorf("agent %d heard of the drops after %v, more than two intervals", i, late)
		}
	}
	t.Logf("all ten tell of the drops after %v, the commands that ask them included", time.Since(dropped).Round(time.Millisecond))

	command(t, "ip", "-n", w.bridge.name, "link", "set", w.port(5), "down")
	cut := time.Now()
	up := func(i int, name string) bool {
		for _, h := range seeAt[cluster.View](t, w, i, "uptime").Hosts {
			if h.Name == name {
				return h.Up
			}
		}
		return false
	}
	for i := range agents {
		if i != 5 {
			eventually(t, "the host that is cut off is down", func() bool { return !up(i, "h5") })
		}
	}
	eventually(t, "for the host that is cut off, the others are down", func() bool { return !w.known(t, 5, agents) && !up(5, "h0") })
	t.Logf("all know that it is cut off after %v", time.Since(cut).Round(time.Millisecond))
	command(t, "ip", "-n", w.bridge.name, "link", "set", w.port(5), "up")
	back := time.Now()
	eventually(t, "all know all again", all)
	t.Logf("all know all again after %v", time.Since(back).Round(time.Millisecond))
	for i, a := range w.agents {
		a.signal(t, syscall.SIGTERM)
		a.wait(t, 0)
		if text := a.err.String(); strings.Contains(text, "goroutine") {
			t.Errorf("agent %d: %s", i, text)
		}
	}
}

// heard is when an agent last heard a host.
func (w *town) heard(t *testing.T, i int, name string) time.Time {
	t.Helper()
	for _, h := range seeAt[cluster.View](t, w, i, "cluster", "hosts").Hosts {
		if h.Name == name {
			return h.Last
		}
	}
	return time.Time{}
}

// tells is whether a report tells of drops of a host, exactly.
func (w *town) tells(t *testing.T, i int, reason, host string, packets uint64) bool {
	t.Helper()
	for _, c := range seeAt[cluster.DropReport](t, w, i, "cluster", "drops").Causes {
		if c.Reason == reason && c.Packets == packets && len(c.Hosts) == 1 && c.Hosts[0] == host && c.Text != "" {
			return true
		}
	}
	return false
}

// TestRootOneKernel: agents that run on one kernel and see the same drops tell of
// them, and they are counted once.
func TestRootOneKernel(t *testing.T) {
	needRoot(t)
	t.Parallel()
	p := plan{agents: 3, interval: "1s", role: collectors(3), more: func(int) string { return `  join: ["10.77.0.1:1513"]` }}
	w := layTown(t, p)
	p.netns = w.labs[2].name
	for i := range p.agents {
		w.write(t, p, i)
		w.agents = append(w.agents, w.start(t, p, i))
	}
	eventually(t, "all hosts", func() bool { return w.known(t, 0, 3) })
	w.labs[2].drop(t, 40)
	eventually(t, "the drops, once, of three hosts", func() bool {
		r := see[cluster.DropReport](t, w, "cluster", "drops")
		if len(r.ByHost) != 1 || len(r.ByHost[0].SameKernel) != 2 {
			return false
		}
		// each of the three tells of all 40
		for _, h := range see[cluster.View](t, w, "cluster", "hosts").Hosts {
			if h.Report.Drops == nil || h.Report.Drops.Lost != 40 {
				return false
			}
		}
		return r.Lost == 40 && len(r.Causes) == 1 && r.Causes[0].Reason == "NO_SOCKET" && r.Causes[0].Packets == 40
	})
	for _, a := range w.agents {
		a.signal(t, syscall.SIGTERM)
		a.wait(t, 0)
	}
}

// TestRootRepair: what one collector hears alone the other one gets from it.
func TestRootRepair(t *testing.T) {
	needRoot(t)
	t.Parallel()
	w := newTown(t, plan{agents: 3, interval: "1s", role: collectors(2), more: func(int) string { return `  join: ["10.77.0.1:1513"]` }})
	for i := range 2 { // the mute host tells the first one only
		eventually(t, "all hosts", func() bool { return w.known(t, i, 3) })
	}
	w.labs[2].drop(t, 12)
	eventually(t, "drops of the host that was not heard", func() bool { return w.tells(t, 1, "NO_SOCKET", "h2", 12) })
	if p := w.status(t, 1).Peers; p.Repaired == 0 || p.Packets["records"] == 0 {
		t.Errorf("status %+v", p)
	}
	for _, a := range w.agents {
		a.signal(t, syscall.SIGTERM)
		a.wait(t, 0)
	}
}
