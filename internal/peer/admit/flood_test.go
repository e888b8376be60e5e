package admit

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"dropwatch/internal/peer/identity"
)

// A hostile packet, and what becomes of it when nothing limits the rate.
type hostile struct {
	name   string
	packet []byte
	want   Verdict
}

// hostiles makes one packet of each kind for a gate that has taken a record of
// a known host.
func hostiles(t testing.TB, g *Gate) []hostile {
	a, stranger := newSender(t, 1, "a"), newSender(t, 2, "b")
	good := a.one(10, 5, start)
	expect(t, g, good, start, Taken)
	random := make([]byte, 700)
	r := rand.NewChaCha8([32]byte{1})
	r.Read(random)
	noise := bytes.Clone(good) // a header, and noise after it
	r.Read(noise[100:])
	binary.BigEndian.PutUint64(noise[31:], 6)
	forged := bytes.Clone(a.one(10, 6, start))
	forged[len(forged)-1] ^= 1
	wrong := bytes.Clone(stranger.one(10, 6, start))
	copy(wrong[7:23], a.id[:]) // signed by another, key and id do not fit
	return []hostile{
		{"forged", forged, Forged},
		{"replayed", good, Replayed},
		{"truncated", good[:90], TooShort},
		{"oversized", make([]byte, 60000), TooLarge},
		{"wrong-key", wrong, Malformed},
		{"noise", noise, Forged},
		{"old-epoch", a.one(9, 99, start), OldEpoch},
		{"old-time", a.one(10, 6, start.Add(-time.Hour)), Skew},
		{"random", random, NotRecord},
	}
}

func unlimited(c *Config) { c.PacketRate, c.SourceRate, c.StrangerRate = 1e9, 1e9, 1e9 }

func BenchmarkHostile(b *testing.B) {
	g := newGate(b, b.TempDir(), trust, unlimited)
	kinds := hostiles(b, g)
	for _, h := range kinds {
		b.Run(h.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, v := arrive(g, h.packet, source, start); v != h.want {
					b.Fatal(v)
				}
			}
		})
	}
	b.Run("unknown-key", func(b *testing.B) {
		g := newGate(b, b.TempDir(), identity.Policy{}, unlimited)
		packet := newSender(b, 9, "x").one(1, 1, start)
		b.ReportAllocs()
		for b.Loop() {
			if _, v := arrive(g, packet, source, start); v != NotAllowed {
				b.Fatal(v)
			}
		}
	})
	b.Run("network", func(b *testing.B) {
		g := newGate(b, b.TempDir(), trust, func(c *Config) { c.Networks = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} })
		b.ReportAllocs()
		for b.Loop() {
			if _, v := arrive(g, kinds[0].packet, source, start); v != Network {
				b.Fatal(v)
			}
		}
	})
	b.Run("source-rate", func(b *testing.B) {
		g := newGate(b, b.TempDir(), trust, nil)
		b.ReportAllocs()
		for b.Loop() {
			arrive(g, kinds[0].packet, source, start)
		}
	})
	b.Run("flood-from-everywhere", func(b *testing.B) { // forged, sources invented, default limits
		g := newGate(b, b.TempDir(), trust, nil)
		forged := hostiles(b, g)[0].packet
		now, r := start, rand.New(rand.NewPCG(1, 1))
		g.stranger.left = 0 // the burst is over
		b.ReportAllocs()
		for b.Loop() {
			now = now.Add(20 * time.Microsecond) // 50,000 a second
			from := netip.AddrPortFrom(netip.AddrFrom4([4]byte{byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32()), 1}), 9)
			arrive(g, forged, from, now)
		}
	})
}

// BenchmarkTaken is all of it for a good record of ten rows, but the writes.
func BenchmarkTaken(b *testing.B) {
	g := newGate(b, b.TempDir(), trust, func(c *Config) {
		unlimited(c)
		c.Ahead = 1 << 40
	})
	g.hostRate = rate{1e9, 1e9}
	a := newSender(b, 1, "a")
	a.rows = 10
	packets := make([][]byte, 2000)
	for i := range packets {
		packets[i] = a.one(1, uint64(i+1), start)
	}
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		if _, v := arrive(g, packets[i%len(packets)], source, start); v != Taken {
			b.Fatal(v)
		}
		if i++; i%len(packets) == 0 {
			g.hosts[a.id].last.sequence = 0
		}
	}
}

// TestFloodChangesNothing sends a mix of hostile packets from everywhere, as
// fast as it goes: nothing is taken, all are counted, memory stays what it was,
// and the known host gets through all the while.
func TestFloodChangesNothing(t *testing.T) {
	g := firstUse(t)
	kinds := hostiles(t, g)
	a := newSender(t, 1, "a")
	r := rand.New(rand.NewPCG(2, 2))
	const packets = 200_000
	from := func() netip.AddrPort {
		if r.IntN(2) == 0 {
			return netip.AddrPortFrom(netip.AddrFrom16([16]byte{0x20, 1, 2: byte(r.Uint32()), 3: byte(r.Uint32()), 4: byte(r.Uint32()), 15: 1}), 1)
		}
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32()), 1}), 9)
	}
	// A first round fills all tables.
	now := start
	flood := func(n int) {
		for range n {
			now = now.Add(20 * time.Microsecond)
			if _, v := arrive(g, kinds[r.IntN(len(kinds))].packet, from(), now); v == Taken {
				t.Fatal("a hostile packet was taken")
			}
		}
	}
	flood(20_000)
	before := heap()
	counted := g.Counts()
	sequence := uint64(100)
	for range 4 {
		flood(packets / 4)
		sequence++
		expect(t, g, a.one(10, sequence, now), now, Taken)
	}
	grown := heap() - before
	counts := g.Counts()
	if refused := counts.Refused() - counted.Refused(); refused != packets || counts[Taken]-counted[Taken] != 4 {
		t.Errorf("%d refused and %d taken of %d and 4", refused, counts[Taken]-counted[Taken], packets)
	}
	for _, kind := range []Verdict{StrangerRate, TooShort, TooLarge} {
		if counts[kind] == 0 {
			t.Errorf("no packet was refused as %v", kind)
		}
	}
	if len(g.known.Hosts()) != 1 || len(g.hosts) != 1 || len(g.others.index) > 2048 || len(g.proven.index) > 2048 {
		t.Errorf("%d keys, %d hosts, %d and %d sources", len(g.known.Hosts()), len(g.hosts), len(g.others.index), len(g.proven.index))
	}
	if grown > 1<<20 {
		t.Errorf("memory grew by %d bytes", grown)
	}
	t.Logf("%d packets, memory grew by %d bytes", packets, grown)
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestRefusingDoesNotAllocate holds it for all kinds that come before the
// signature.
func TestRefusingDoesNotAllocate(t *testing.T) {
	g := newGate(t, t.TempDir(), trust, unlimited)
	for _, h := range hostiles(t, g) {
		if h.want == Forged {
			continue
		}
		if n := testing.AllocsPerRun(100, func() { arrive(g, h.packet, source, start) }); n != 0 {
			t.Errorf("%s: %v allocations", h.name, n)
		}
	}
}

// TestSourcesForgetTheOldest holds that the table is bounded, and the chain
// whole.
func TestSourcesForgetTheOldest(t *testing.T) {
	s := newSources(4, rate{1, 2})
	r := rand.New(rand.NewPCG(1, 1))
	var used []uint64 // newest last
	for range 2000 {
		bits := uint64(r.IntN(7))
		s.take(origin{bits: bits}, start)
		for i, u := range used {
			if u == bits {
				used = append(used[:i:i], used[i+1:]...)
				break
			}
		}
		used = append(used, bits)
		used = used[max(0, len(used)-4):]
		if len(s.index) != len(used) {
			t.Fatalf("%d sources, want %v", len(s.index), used)
		}
		at := s.newest
		for i := len(used) - 1; i >= 0; i-- {
			if s.slots[at].bits != used[i] || s.index[origin{bits: used[i]}] != at {
				t.Fatalf("chain is not %v", used)
			}
			at = s.slots[at].older
		}
		if at != none {
			t.Fatal("chain does not end")
		}
	}
}
