package main

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"dropwatch/internal/cluster"
)

// reload gives an agent another configuration and waits until it has read it.
func (w *town) reload(t *testing.T, p plan, i int) {
	t.Helper()
	const told = "configuration: read again"
	before := strings.Count(w.agents[i].err.String(), told)
	w.write(t, p, i)
	w.agents[i].signal(t, syscall.SIGHUP)
	w.agents[i].until(t, "the configuration to be read", func() bool { return strings.Count(w.agents[i].err.String(), told) > before })
}

// TestRootAgentReload: drops are counted on while the configuration is read
// again, whatever changes in it; what cannot be changed changes nothing.
func TestRootAgentReload(t *testing.T) {
	needRoot(t)
	t.Parallel()
	p := plan{agents: 1, interval: "1s", role: collectors(1)}
	w := newTown(t, p)
	eventually(t, "the agent", func() bool { return w.known(t, 0, 1) })
	dropped := make(chan int)
	stop := make(chan struct{})
	go func() {
		sum := 0
		defer func() { dropped <- sum }()
		for {
			select {
			case <-stop:
				return
			case <-time.After(2 * time.Millisecond):
				w.labs[0].drop(t, 1)
				sum++
			}
		}
	}()
	for _, top := range []string{"metrics: {address: 127.0.0.1:0}", "alerts: {rules: [{name: up, when: up < 1}]}", ""} {
		p.top = top
		w.reload(t, p, 0)
		heard := w.heard(t, 0, "h0")
		eventually(t, "another record", func() bool { return w.heard(t, 0, "h0").After(heard) })
	}
	close(stop)
	sum := <-dropped
	count := func(reason string) (n uint64) {
		for _, c := range see[cluster.DropReport](t, w, "cluster", "drops").Causes {
			if c.Reason == reason {
				n += c.Packets
			}
		}
		return n
	}
	eventually(t, "all drops to be told", func() bool { return count("NO_SOCKET") == uint64(sum) })
	t.Logf("%d drops while the configuration was read three times", sum)

	// what is watched changes: another session takes over
	p.filter = `reason == "NO_SOCKET" && transport == "UDP"`
	w.reload(t, p, 0)
	heard := w.heard(t, 0, "h0")
	eventually(t, "two records", func() bool { return w.heard(t, 0, "h0").Sub(heard) > 2*time.Second })
	w.labs[0].drop(t, 50)
	eventually(t, "drops before and after", func() bool { return count("NO_SOCKET") == uint64(sum)+50 })

	text, err := os.ReadFile(w.config(0))
	if err != nil {
		t.Fatal(err)
	}
	for change, want := range map[string]string{
		"host: ":     "host can only be changed by a restart; the agent goes on as it was\n",
		"key_file: ": "no such file or directory; make them with: dropwatch cluster key generate other",
	} {
		changed := strings.Replace(string(text), change, change+"other # ", 1)
		if err := os.WriteFile(w.config(0), []byte(changed), 0o600); err != nil {
			t.Fatal(err)
		}
		w.agents[0].signal(t, syscall.SIGHUP)
		w.agents[0].until(t, "a refusal", func() bool { return strings.Contains(w.agents[0].err.String(), want) })
	}
	before := w.heard(t, 0, "h0")
	eventually(t, "another record", func() bool { return w.heard(t, 0, "h0").After(before) })
	w.agents[0].signal(t, syscall.SIGTERM)
	w.agents[0].wait(t, 0)
}
