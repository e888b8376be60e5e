package agent

import (
	"os"
	"testing"
	"time"
)

// TestRootIntervalDrops: it counts at once for drops too.
func TestRootIntervalDrops(t *testing.T) {
	if os.Geteuid() != 0 {
		if os.Getenv("VMTEST") != "" {
			t.Fatal("not root")
		}
		t.Skip("watching drops needs root")
	}
	c := quick(t, "a")
	c.Interval, c.Drops.Enabled = time.Hour, true
	a := start(t, c)
	eventually(t, "the first record", func() bool { return a.hosts.of(a.ID()) != nil })
	c.Interval = 200 * time.Millisecond
	if err := a.Reload(c); err != nil {
		t.Fatal(err)
	}
	eventually(t, "drops to be told", func() bool { return a.hosts.of(a.ID()).Report.Drops != nil })
	// what cannot be watched is told once, and the agent goes on as before
	c.Drops.NetNS = []string{"no such namespace"}
	if err := a.Reload(c); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a complaint", func() bool { return a.log.count("watching goes on as before") == 1 })
	seen := a.hosts.of(a.ID()).Sequence
	eventually(t, "some more intervals", func() bool { return a.hosts.of(a.ID()).Sequence > seen+3 })
	if n := a.log.count("drops: "); n != 1 || a.hosts.of(a.ID()).Report.Drops == nil {
		t.Errorf("%d complaints: %s", n, a.log)
	}
}
