package repair

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"dropwatch/internal/peer/identity"
	"dropwatch/internal/peer/record"
)

var start = time.Unix(1790000000, 0).UTC()

// hostID is an id that sorts by number.
func hostID(number int) (id identity.ID) {
	id[0] = 1
	binary.BigEndian.PutUint64(id[8:], uint64(number))
	return id
}

// A sent is a packet with what its header says. Nothing signs it: a Store does
// not look.
type sent struct {
	host            identity.ID
	epoch, sequence uint64
	part, parts     uint8
	raw             []byte
}

func packet(host identity.ID, epoch, sequence uint64, part, parts uint8, size int) sent {
	raw := append([]byte("DW"), 1, 0, 1, part, parts)
	raw = append(raw, host[:]...)
	raw = binary.BigEndian.AppendUint64(raw, epoch)
	raw = binary.BigEndian.AppendUint64(raw, sequence)
	raw = binary.BigEndian.AppendUint64(raw, uint64(start.UnixMilli()))
	return sent{host, epoch, sequence, part, parts, append(raw, make([]byte, size-len(raw))...)}
}

func (p sent) put(s *Store, at time.Time) bool {
	return s.Put(p.host, p.epoch, p.sequence, p.part, p.parts, p.raw, at)
}

func newStore(t testing.TB, name string) *Store {
	t.Helper()
	return newBounded(t, Config{Name: name})
}

func newBounded(t testing.TB, c Config) *Store {
	t.Helper()
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// contents are the packets of a store, by host and part.
func contents(s *Store) map[identity.ID][]string {
	all := map[identity.ID][]string{}
	for _, h := range s.all() {
		parts := make([]string, len(h.packets))
		for i, p := range h.packets {
			parts[i] = string(p)
		}
		all[h.host] = parts
	}
	return all
}

// A collector is a store and what happened to it.
type collector struct {
	*Store
	t        testing.TB
	messages int // that came
	useless  int // packets that came and were not kept
}

func newCollector(t testing.TB, name string) *collector {
	return &collector{Store: newStore(t, name), t: t}
}

// take puts the packets of bundles, as the owner of a store would without a gate.
func (c *collector) take(bundles [][]byte) {
	c.t.Helper()
	for _, b := range bundles {
		c.messages++
		packets, err := DecodeBundle(b)
		if err != nil {
			c.t.Fatal(err)
		}
		for _, raw := range packets {
			h, err := record.ParseHeader(raw)
			if err != nil {
				c.t.Fatal(err)
			}
			if !c.Put(h.Host, h.Epoch, h.Sequence, h.Part, h.Parts, raw, h.Time) {
				c.useless++
			}
		}
	}
}

// repair makes one exchange that a begins.
func repair(t testing.TB, a, b *collector, since time.Time) {
	t.Helper()
	b.messages++
	first, err := b.Answer(a.Digest(since, true), since)
	if err != nil {
		t.Fatal(err)
	}
	a.take(first.Bundles)
	if first.Digest == nil {
		return
	}
	a.messages++
	second, err := a.Answer(first.Digest, since)
	if err != nil {
		t.Fatal(err)
	}
	if second.Digest != nil {
		t.Fatal("a digest that asks for none was answered with one")
	}
	b.take(second.Bundles)
}

// history is what hosts sent: some records each, of one to eight parts.
func history(r *rand.Rand, hosts int) []sent {
	var all []sent
	for host := range hosts {
		epoch, sequence := 1+r.Uint64N(3), r.Uint64N(1<<40)
		for range 1 + r.IntN(4) {
			if r.IntN(4) == 0 {
				epoch, sequence = epoch+1, r.Uint64N(3)
			}
			sequence++
			parts := uint8(1 + r.IntN(record.MaxParts))
			for part := range parts {
				p := packet(hostID(host), epoch, sequence, part, parts, record.MinPacket+r.IntN(record.MaxDatagram-record.MinPacket))
				p.raw[len(p.raw)-1] = byte(r.Uint32())
				all = append(all, p)
			}
		}
	}
	return all
}

// lose gives a store what is left after loss, out of order.
func lose(r *rand.Rand, s *Store, all []sent, loss float64) {
	for _, i := range r.Perm(len(all)) {
		if r.Float64() >= loss {
			all[i].put(s, start)
		}
	}
}

// newest is what should be held of what came anywhere, by another way than that
// of the package.
func newest(stores ...*collector) map[identity.ID][]string {
	want := map[identity.ID][]string{}
	of := map[identity.ID][]byte{}
	for range 2 { // the second time all know the newest
		for _, s := range stores {
			for id, parts := range contents(s.Store) {
				for i, raw := range parts {
					if raw == "" {
						continue
					}
					number := []byte(raw[23:39]) // epoch and sequence, big endian
					switch bytes.Compare(number, of[id]) {
					case 1:
						of[id], want[id] = number, make([]string, len(parts))
						fallthrough
					case 0:
						want[id][i] = raw
					}
				}
			}
		}
	}
	return want
}
