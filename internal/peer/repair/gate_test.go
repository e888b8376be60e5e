package repair

import (
	"crypto/ed25519"
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dropwatch/internal/peer/admit"
	"dropwatch/internal/peer/identity"
	"dropwatch/internal/peer/record"
)

// A gated collector puts what its gate takes, as a real one does.
type gated struct {
	*Store
	gate *admit.Gate
}

func newGated(t *testing.T, name string) *gated {
	dir := t.TempDir()
	known, err := identity.OpenKnown(filepath.Join(dir, "known"), identity.Policy{FirstUse: true})
	if err != nil {
		t.Fatal(err)
	}
	gate, err := admit.New(admit.Config{Known: known, Marks: filepath.Join(dir, "marks")})
	if err != nil {
		t.Fatal(err)
	}
	return &gated{newStore(t, name), gate}
}

// take passes a packet on as the gate decides. Those of bundles have no source.
func (g *gated) take(packet []byte, source netip.AddrPort, now time.Time) admit.Verdict {
	p, verdict := g.gate.Admit(packet, source, now)
	if verdict == admit.Taken {
		g.Put(p.Host, p.Epoch, p.Sequence, p.Part, p.Parts, p.Raw, p.Time)
	}
	return verdict
}

func (g *gated) takeBundles(t *testing.T, bundles [][]byte, now time.Time) {
	t.Helper()
	for _, b := range bundles {
		packets, err := DecodeBundle(b)
		if err != nil {
			t.Fatal(err)
		}
		for _, packet := range packets {
			if verdict := g.take(packet, netip.AddrPort{}, now); verdict != admit.Taken {
				t.Fatalf("%s: packet of a bundle is %v", g.name, verdict)
			}
		}
	}
}

// signed makes a record of a host, of several parts if it has many rows.
func signed(t *testing.T, number uint32, sequence uint64, rows int) [][]byte {
	t.Helper()
	seed := make([]byte, ed25519.SeedSize)
	binary.BigEndian.PutUint32(seed, number)
	r := rand.New(rand.NewPCG(uint64(number), sequence))
	report := &record.Report{Host: &record.Host{Name: "h" + string(rune('a'+number)), Interval: 10}, Drops: &record.Drops{Seconds: 10}}
	for range rows {
		var address [16]byte
		binary.BigEndian.PutUint64(address[8:], r.Uint64())
		report.Drops.Rows = append(report.Drops.Rows, record.Row{
			Packets: r.Uint64(), Reason: "NO_SOCKET", Source: record.Endpoint{Addr: netip.AddrFrom16(address), Port: uint16(r.Uint32())},
		})
	}
	packets, err := record.Encode(report, record.Header{Epoch: 1, Sequence: sequence, Time: start}, ed25519.NewKeyFromSeed(seed))
	if err != nil {
		t.Fatal(err)
	}
	return packets
}

// TestGatesTakeRepairs loses signed records on the way to two collectors: their
// gates take all that repairs bring, also of hosts and keys not heard of before.
func TestGatesTakeRepairs(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 4))
	a, b := newGated(t, "a"), newGated(t, "b")
	source := netip.MustParseAddrPort("192.0.2.1:1513")
	split, lost := 0, 0
	for host := range uint32(20) {
		for sequence := range uint64(3) {
			packets := signed(t, host, sequence, r.IntN(120))
			if len(packets) > 1 {
				split++
			}
			for _, packet := range packets {
				for _, to := range []*gated{a, b} {
					if r.IntN(3) == 0 {
						lost++
						continue
					}
					to.take(packet, source, start)
				}
			}
		}
	}
	if split < 10 || lost < 10 {
		t.Fatalf("%d records of several parts, %d packets lost", split, lost)
	}
	first, err := b.Answer(a.Digest(start.Add(-time.Minute), true), start.Add(-time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	a.takeBundles(t, first.Bundles, start.Add(time.Second))
	second, err := a.Answer(first.Digest, start.Add(-time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	b.takeBundles(t, second.Bundles, start.Add(time.Second))
	if len(first.Bundles) == 0 || len(second.Bundles) == 0 {
		t.Fatal("nothing was to be repaired")
	}
	if diff := cmp.Diff(contents(a.Store), contents(b.Store)); diff != "" {
		t.Error(diff)
	}
}
