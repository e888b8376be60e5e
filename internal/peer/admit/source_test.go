package admit

import (
	"net/netip"
	"testing"
	"time"
)

func addr(text string) netip.AddrPort { return netip.AddrPortFrom(netip.MustParseAddr(text), 1513) }

// TestCheckSource holds what is counted, and that Admit counts on.
func TestCheckSource(t *testing.T) {
	g := newGate(t, t.TempDir(), trust, func(c *Config) {
		c.Networks = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("fe80::/10")}
		c.SourceRate = 5
	})
	for range 10 {
		g.CheckSource(source, start)
	}
	for _, c := range []struct {
		from netip.AddrPort
		want Verdict
	}{
		{netip.AddrPort{}, Taken},
		{source, SourceRate},
		{addr("::ffff:192.0.2.1"), SourceRate}, // the same
		{addr("192.0.2.2"), Taken},
		{addr("198.51.100.1"), Network},
		{addr("fe80::1%eth0"), Taken},
		{addr("2001:db8::1%eth0"), Network},
	} {
		if got := g.CheckSource(c.from, start); got != c.want {
			t.Errorf("%v: %v, want %v", c.from, got, c.want)
		}
	}
	if c := g.Counts(); c[SourceRate] != 2 || c[Network] != 2 || c.Refused() != 4 || c[Taken] != 0 {
		t.Errorf("counts: %v", c)
	}
	for _, r := range g.Refusals() {
		if r.Verdict == Network && r.Source != addr("198.51.100.1") {
			t.Errorf("noted: %+v", r)
		}
	}
	a := newSender(t, 1, "a")
	if _, v := g.Admit(a.one(1, 1, start), source, start); v != SourceRate {
		t.Errorf("of a source beyond its rate: %v", v)
	}
	if _, v := g.Admit(a.one(1, 1, start), netip.AddrPort{}, start); v != Taken {
		t.Errorf("handed on by a member: %v", v)
	}
	if _, v := g.Admit(a.one(1, 1, start), source, start); v != Replayed {
		t.Errorf("a replay must not be counted for the rate: %v", v)
	}
}

// TestProven holds that hosts known from before a restart get through while
// strangers flood, and that a good record is what makes a source known.
func TestProven(t *testing.T) {
	before := addr("192.0.2.8")
	g := newGate(t, t.TempDir(), trust, func(c *Config) {
		c.Proven = []netip.Addr{{}, netip.MustParseAddr("2001:db8:0:1::1"), before.Addr()}
		c.StrangerRate = 50
	})
	for i := range 200 {
		g.CheckSource(netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), 1), start)
	}
	for _, c := range []struct {
		from netip.AddrPort
		want Verdict
	}{{before, Taken}, {addr("2001:db8:0:1::2"), Taken}, {addr("2001:db8:0:2::1"), StrangerRate}, {source, StrangerRate}} {
		if v := g.CheckSource(c.from, start); v != c.want {
			t.Errorf("%v: %v, want %v", c.from, v, c.want)
		}
	}
	a := newSender(t, 1, "a")
	for i, c := range []struct {
		packet []byte
		want   Verdict
	}{
		{make([]byte, 200), NotRecord}, {a.one(1, 1, start.Add(-time.Hour)), Skew}, {a.one(1, 1, start), StrangerRate},
	} {
		if v := g.CheckSource(source, start); v != StrangerRate {
			t.Errorf("before packet %d: %v", i, v)
		}
		if _, v := g.Admit(c.packet, source, start); v != c.want {
			t.Errorf("packet %d: %v, want %v", i, v, c.want)
		}
	}
	later := start.Add(time.Second) // there is room for strangers again
	if _, v := g.Admit(a.one(1, 1, later), source, later); v != Taken {
		t.Errorf("later: %v", v)
	}
	for i := range 200 {
		g.CheckSource(netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 1, byte(i)}), 1), later)
	}
	if v := g.CheckSource(source, later); v != Taken {
		t.Errorf("after a good record: %v", v)
	}
}

// TestProvenAreBounded holds that the latest ones stay.
func TestProvenAreBounded(t *testing.T) {
	var all []netip.Addr
	for i := range 100 {
		all = append(all, netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}))
	}
	g := newGate(t, t.TempDir(), trust, func(c *Config) { c.Proven, c.Sources = all, 20 })
	if n := len(g.proven.index); n != 10 || !g.proven.has(originOf(all[99])) || g.proven.has(originOf(all[89])) {
		t.Errorf("%d sources", n)
	}
}

func TestCheckSourceDoesNotAllocate(t *testing.T) {
	g := newGate(t, t.TempDir(), trust, func(c *Config) { c.Networks = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} })
	for _, from := range []netip.AddrPort{source, addr("198.51.100.1"), addr("fe80::1%eth0")} {
		if n := testing.AllocsPerRun(1000, func() { g.CheckSource(from, start) }); n != 0 {
			t.Errorf("%v: %v allocations", from, n)
		}
	}
}

// TestPacketRate holds that packets count before they are opened, each source for
// itself.
func TestPacketRate(t *testing.T) {
	g := newGate(t, t.TempDir(), trust, func(c *Config) { c.PacketRate = 5 })
	for i := range 12 {
		want := Taken
		if i >= 10 { // twice as many at once
			want = PacketRate
		}
		if v := g.CheckPacket(source, start); v != want {
			t.Errorf("packet %d: %v, want %v", i, v, want)
		}
	}
	if v := g.CheckPacket(addr("192.0.2.200"), start); v != Taken {
		t.Errorf("another source: %v", v)
	}
	if v := g.CheckPacket(netip.AddrPort{}, start); v != Taken {
		t.Errorf("no source: %v", v)
	}
	if v := g.CheckPacket(source, start.Add(time.Second)); v != Taken {
		t.Errorf("later: %v", v)
	}
	if c := g.Counts(); c[PacketRate] != 2 || c.Refused() != 2 {
		t.Errorf("counts: %v", c)
	}
}
