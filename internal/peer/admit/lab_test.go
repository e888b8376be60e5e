package admit

import (
	"crypto/ed25519"
	"encoding/binary"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"dropwatch/internal/peer/identity"
	"dropwatch/internal/peer/record"
)

var (
	start  = time.Unix(1790000000, 0)
	source = netip.MustParseAddrPort("192.0.2.1:1513")
)

// A sender is a host with its key.
type sender struct {
	t    testing.TB
	key  ed25519.PrivateKey
	id   identity.ID
	name string
	rows int
}

func newSender(t testing.TB, number uint32, name string) *sender {
	seed := make([]byte, ed25519.SeedSize)
	binary.BigEndian.PutUint32(seed, number)
	key := ed25519.NewKeyFromSeed(seed)
	return &sender{t: t, key: key, id: identity.IDOf(key.Public().(ed25519.PublicKey)), name: name}
}

// record makes the packets of a record.
func (s *sender) record(epoch, sequence uint64, at time.Time) [][]byte {
	s.t.Helper()
	report := &record.Report{Host: &record.Host{Name: s.name, Interval: 10}, Drops: &record.Drops{Seconds: 10}}
	for i := range s.rows {
		report.Drops.Rows = append(report.Drops.Rows, record.Row{
			Packets: uint64(i) * 7919, Reason: "NO_SOCKET",
			Source: record.Endpoint{Addr: netip.AddrFrom4([4]byte{10, byte(i * 77), byte(i >> 8), byte(i * 31)}), Port: uint16(i * 769)},
		})
	}
	packets, err := record.Encode(report, record.Header{Epoch: epoch, Sequence: sequence, Time: at}, s.key)
	if err != nil {
		s.t.Fatal(err)
	}
	return packets
}

// one makes a record of one packet.
func (s *sender) one(epoch, sequence uint64, at time.Time) []byte {
	s.t.Helper()
	return s.record(epoch, sequence, at)[0]
}

// newGate makes a gate with its files in dir.
func newGate(t testing.TB, dir string, policy identity.Policy, change func(*Config)) *Gate {
	t.Helper()
	known, err := identity.OpenKnown(filepath.Join(dir, "known"), policy)
	if err != nil {
		t.Fatal(err)
	}
	c := Config{Known: known, Marks: filepath.Join(dir, "marks")}
	if change != nil {
		change(&c)
	}
	g, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func firstUse(t testing.TB) *Gate {
	return newGate(t, t.TempDir(), identity.Policy{FirstUse: true}, nil)
}

// arrive is what the owner of a gate does with each packet.
func arrive(g *Gate, packet []byte, from netip.AddrPort, now time.Time) (*record.Packet, Verdict) {
	if v := g.CheckPacket(from, now); v != Taken {
		return nil, v
	}
	return g.Admit(packet, from, now)
}

func expect(t testing.TB, g *Gate, packet []byte, now time.Time, want Verdict) *record.Packet {
	t.Helper()
	p, got := arrive(g, packet, source, now)
	if got != want {
		t.Fatalf("got %v, want %v", got, want)
	}
	if (p != nil) != (want == Taken) {
		t.Fatalf("verdict %v with packet %v", got, p)
	}
	return p
}
