package repair

import (
	"math/rand/v2"
	"testing"
	"time"

	"dropwatch/internal/peer/identity"
)

// thousand is a store of as many hosts, with ids, epochs and sequences as they
// are in use, each in one packet.
func thousand(b *testing.B, name string) (*Store, []identity.ID) {
	s, r := newStore(b, name), rand.New(rand.NewPCG(1, 1))
	var ids []identity.ID
	for range 1000 {
		var id identity.ID
		for i := range id {
			id[i] = byte(r.Uint32())
		}
		ids = append(ids, id)
		packet(id, 1790000000-r.Uint64N(1<<24), r.Uint64N(1<<20), 0, 1, 900+r.IntN(420)).put(s, start)
	}
	return s, ids
}

func BenchmarkDigest(b *testing.B) {
	s, _ := thousand(b, "a")
	b.ReportAllocs()
	var size int
	for b.Loop() {
		size = len(s.Digest(time.Time{}, true))
	}
	b.ReportMetric(float64(size), "B/digest")
}

func BenchmarkAnswer(b *testing.B) {
	for _, c := range []struct {
		name  string
		lacks int
	}{{"equal", 0}, {"ten", 10}, {"all", 1000}} {
		b.Run(c.name, func(b *testing.B) {
			s, _ := thousand(b, "a")
			other, ids := thousand(b, "b")
			for _, id := range ids[:c.lacks] {
				other.Forget(id)
			}
			digest := other.Digest(time.Time{}, true)
			b.ReportAllocs()
			var size int
			for b.Loop() {
				answer, err := s.Answer(digest, time.Time{})
				if err != nil {
					b.Fatal(err)
				}
				size = len(answer.Digest)
				for _, bundle := range answer.Bundles {
					size += len(bundle)
				}
			}
			b.ReportMetric(float64(size), "B/answer")
		})
	}
}

func BenchmarkDecodeBundle(b *testing.B) {
	s, _ := thousand(b, "a")
	answer, err := s.Answer(newStore(b, "b").Digest(time.Time{}, true), time.Time{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodeBundle(answer.Bundles[0]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPut(b *testing.B) {
	s, ids := thousand(b, "a")
	p := packet(ids[0], 1<<40, 0, 0, 1, 1200)
	b.ReportAllocs()
	for b.Loop() {
		p.sequence++
		p.put(s, start)
	}
}
