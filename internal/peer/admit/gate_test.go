package admit

import (
	"bytes"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dropwatch/internal/peer/identity"
	"dropwatch/internal/peer/record"
)

func TestVerdicts(t *testing.T) {
	a, b := newSender(t, 1, "a"), newSender(t, 2, "b")
	thief := newSender(t, 3, "a") // the name of another
	g := firstUse(t)
	first := a.one(10, 5, start)
	if p := expect(t, g, first, start, Taken); p.Report.Host.Name != "a" || p.Host != a.id {
		t.Errorf("got %+v", p.Report.Host)
	}
	expect(t, g, b.one(10, 1, start), start, Taken)

	changed := bytes.Clone(a.one(10, 6, start))
	changed[len(changed)-70] ^= 1
	forged := bytes.Clone(thief.one(10, 9, start)) // with the id and key of a
	copy(forged[7:23], first[7:23])
	copy(forged[47:79], first[47:79])
	for _, c := range []struct {
		name   string
		packet []byte
		want   Verdict
	}{
		{"large", make([]byte, 65000), TooLarge},
		{"empty", nil, TooShort},
		{"cut", first[:100], TooShort},
		{"cut in the payload", a.one(10, 6, start)[:150], Forged},
		{"random", bytes.Repeat([]byte{0xa5}, 500), NotRecord},
		{"newer version", append([]byte("DW\x02"), first[3:]...), Version},
		{"no parts", append([]byte("DW\x01\x01\x01\x00\x00"), first[7:]...), Malformed},
		{"again", first, Replayed},
		{"older", a.one(10, 4, start), Replayed},
		{"old epoch", a.one(9, 100, start), OldEpoch},
		{"clock ahead", a.one(10, 6, start.Add(3*time.Minute)), Skew},
		{"clock behind", a.one(10, 6, start.Add(-3*time.Minute)), Skew},
		{"changed", changed, Forged},
		{"key of another", forged, Forged},
		{"name of another", thief.one(10, 1, start), NameTaken},
		{"no name", newSender(t, 4, "").one(10, 1, start), BadPayload},
		{"next", a.one(10, 6, start), Taken},
		{"gap", a.one(10, 60, start), Taken},
		{"restarted", a.one(11, 0, start), Taken},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := g.Counts()
			expect(t, g, c.packet, start, c.want)
			if after := g.Counts(); after[c.want] != before[c.want]+1 || after.Refused()+after[Taken] != before.Refused()+before[Taken]+1 {
				t.Errorf("counts: %v", after)
			}
		})
	}
	if epoch, sequence, ok := g.Last(a.id); epoch != 11 || sequence != 0 || !ok {
		t.Errorf("last: %d, %d", epoch, sequence)
	}
	if _, _, ok := g.Last(thief.id); ok {
		t.Error("a host that was refused is there")
	}
	for _, r := range g.Refusals() {
		if r.Verdict == NameTaken && (r.Host != thief.id || r.Source != source || !r.Time.Equal(start)) {
			t.Errorf("refusal: %+v", r)
		}
	}
	if n := len(g.Refusals()); n != 11 {
		t.Errorf("%d kinds of refusals", n)
	}
}

// TestKnownHostWithFalseName holds that an accepted member cannot take the name
// of another, and may take a free one.
func TestKnownHostWithFalseName(t *testing.T) {
	g := firstUse(t)
	a, b := newSender(t, 1, "a"), newSender(t, 2, "b")
	expect(t, g, a.one(1, 1, start), start, Taken)
	expect(t, g, b.one(1, 1, start), start, Taken)
	b.name = "a"
	expect(t, g, b.one(1, 2, start), start, NameTaken)
	b.name = "c"
	expect(t, g, b.one(1, 3, start), start, Taken)
	if host, ok := g.known.Lookup(b.id); !ok || host.Name != "c" {
		t.Errorf("got %+v", host)
	}
}

func TestPolicy(t *testing.T) {
	a, b, c := newSender(t, 1, "a"), newSender(t, 2, "b"), newSender(t, 3, "c")
	g := newGate(t, t.TempDir(), identity.Policy{Allow: []identity.ID{a.id}, FirstUse: true}, nil)
	expect(t, g, a.one(1, 1, start), start, Taken)
	expect(t, g, b.one(1, 1, start), start, NotAllowed)

	g = newGate(t, t.TempDir(), identity.Policy{}, nil)
	expect(t, g, a.one(1, 1, start), start, NotAllowed)

	g = newGate(t, t.TempDir(), identity.Policy{FirstUse: true, MaxHosts: 2}, nil)
	expect(t, g, a.one(1, 1, start), start, Taken)
	expect(t, g, b.one(1, 1, start), start, Taken)
	expect(t, g, c.one(1, 1, start), start, TooManyHosts)
	if !g.Forget(b.id) || g.Forget(b.id) {
		t.Error("forget")
	}
	expect(t, g, c.one(1, 2, start), start, Taken)
}

func TestParts(t *testing.T) {
	a := newSender(t, 1, "a")
	a.rows = 400
	g := firstUse(t)
	one, two := a.record(1, 1, start), a.record(1, 2, start)
	if len(one) < 3 {
		t.Fatalf("%d parts", len(one))
	}
	expect(t, g, one[1], start, UnknownKey) // the key is in the first
	expect(t, g, one[0], start, Taken)
	expect(t, g, one[2], start, Taken) // in any order
	expect(t, g, one[1], start, Taken)
	for _, p := range one[3:] {
		expect(t, g, p, start, Taken)
	}
	for _, p := range one {
		expect(t, g, p, start, Replayed) // once each
	}
	expect(t, g, two[2], start, Taken)
	expect(t, g, two[0], start, Taken)
	a.rows = 0
	expect(t, g, a.one(1, 2, start), start, Replayed) // as a record of other parts
}

func TestNetworksAndRates(t *testing.T) {
	a := newSender(t, 1, "a")
	g := newGate(t, t.TempDir(), identity.Policy{FirstUse: true}, func(c *Config) {
		c.Networks = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::/32")}
		c.SourceRate, c.StrangerRate = 10, 50
	})
	from := func(addr string) netip.AddrPort { return netip.AddrPortFrom(netip.MustParseAddr(addr), 1) }
	junk := make([]byte, 200)
	for addr, want := range map[string]Verdict{
		"198.51.100.1": Network, "::ffff:198.51.100.1": Network, "2001:db9::1": Network,
		"192.0.2.9": NotRecord, "::ffff:192.0.2.9": NotRecord, "2001:db8::1": NotRecord,
	} {
		if _, v := arrive(g, junk, from(addr), start); v != want {
			t.Errorf("%s: %v, want %v", addr, v, want)
		}
	}
	expect(t, g, a.one(1, 1, start), start, Taken)
	forged := a.one(1, 9, start)
	forged[len(forged)-1] ^= 1
	last := Taken
	for range 30 { // one source: 20 at once
		_, last = arrive(g, forged, from("192.0.2.77"), start)
	}
	if last != SourceRate {
		t.Errorf("one source: %v", last)
	}
	for i := range 250 { // many strangers: 100 at once
		_, last = arrive(g, forged, netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}), 1), start)
	}
	if last != StrangerRate {
		t.Errorf("many sources: %v", last)
	}
	if _, v := arrive(g, junk, from("192.0.2.77"), start); v != NotRecord {
		t.Errorf("what costs nothing is not counted for the rate: %v", v)
	}
	expect(t, g, a.one(1, 2, start), start, Taken) // not hit by it
	b := newSender(t, 2, "b")
	if _, v := arrive(g, b.one(1, 1, start), from("192.0.2.99"), start); v != StrangerRate {
		t.Errorf("new host while strangers flood: %v", v)
	}
	later := start.Add(time.Second)
	if _, v := arrive(g, b.one(1, 2, later), from("192.0.2.99"), later); v != Taken {
		t.Errorf("new host later: %v", v)
	}
	if _, v := arrive(g, b.one(1, 3, later), netip.AddrPort{}, later); v != Taken {
		t.Errorf("handed on by a member: %v", v)
	}
}

func TestHostRate(t *testing.T) {
	a := newSender(t, 1, "a")
	g := newGate(t, t.TempDir(), identity.Policy{FirstUse: true}, func(c *Config) { c.HostRate = 1 })
	taken, over := 0, 0
	for i := range uint64(60) {
		switch _, v := arrive(g, a.one(1, i+1, start), source, start); v {
		case Taken:
			taken++
		case HostRate:
			over++
		default:
			t.Fatal(v)
		}
	}
	if taken != 4*record.MaxParts || over != 60-taken {
		t.Errorf("%d taken, %d over the rate", taken, over)
	}
}

func TestRefusalsAreNotedOnceASecond(t *testing.T) {
	g := firstUse(t)
	for i := range 10 {
		arrive(g, nil, source, start.Add(time.Duration(i)*150*time.Millisecond))
	}
	all := g.Refusals()
	if len(all) != 1 || all[0].Verdict != TooShort || !all[0].Time.Equal(start.Add(1050*time.Millisecond)) {
		t.Errorf("got %+v", all)
	}
}

// TestTakenOnce holds that a packet which comes at the same time on several
// ways is taken once.
func TestTakenOnce(t *testing.T) {
	g := firstUse(t)
	a := newSender(t, 1, "a")
	for seq := range uint64(10) {
		packet := a.one(1, seq+1, start)
		var taken atomic.Int32
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				if _, v := arrive(g, packet, source, start); v == Taken {
					taken.Add(1)
				}
			})
		}
		all.Wait()
		if n := taken.Load(); n != 1 {
			t.Fatalf("taken %d times", n)
		}
	}
}
