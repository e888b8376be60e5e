package repair

import (
	"encoding/binary"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"dropwatch/internal/peer/record"
)

// TestLargest sends a whole store that is full by the number of packets and by
// size: each message is within its bounds, and all of it arrives.
func TestLargest(t *testing.T) {
	for _, c := range []struct {
		name        string
		hosts, size int
		parts       uint8
		bundles     int
	}{
		{"packets", maxEntries, record.MinPacket, 3, 2},
		{"bytes", 2991, record.MaxDatagram, 1, 1},
		{"a packet too many", 2992, record.MaxDatagram, 1, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			from := newBounded(t, Config{Name: strings.Repeat("n", maxName), MaxHosts: maxEntries})
			for i := range c.hosts {
				for part := range c.parts {
					packet(hostID(i), math.MaxUint64, math.MaxUint64, part, c.parts, c.size).put(from, start)
				}
			}
			digest := from.Digest(time.Time{}, true)
			if kind, err := KindOf(digest); kind != KindDigest || err != nil {
				t.Fatalf("digest of %d bytes: %v, %v", len(digest), kind, err)
			}
			to := &collector{Store: newBounded(t, Config{Name: "to", MaxHosts: maxEntries}), t: t}
			answer, err := from.Answer(to.Digest(time.Time{}, false), time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			if len(answer.Bundles) != c.bundles {
				t.Errorf("%d bundles", len(answer.Bundles))
			}
			to.take(answer.Bundles)
			if from.Stats() != to.Stats() {
				t.Errorf("sent %+v, got %+v", from.Stats(), to.Stats())
			}
			if again, err := to.Answer(digest, time.Time{}); err != nil || again.Bundles != nil || again.Digest != nil {
				t.Errorf("not equal afterwards: %v", err)
			}
		})
	}
}

// TestTooManyEntries takes one host more than a digest tells of.
func TestTooManyEntries(t *testing.T) {
	d := &digest{from: "a"}
	for i := range maxEntries + 1 {
		d.entries = append(d.entries, entry{hostID(i), 1, 1, 1})
	}
	if _, err := parseDigest(d.message()); err == nil {
		t.Error("was read")
	}
	d.entries = d.entries[1:]
	if got, err := parseDigest(d.message()); err != nil || len(got.entries) != maxEntries {
		t.Error(err)
	}
}

// TestAllocationIsBounded decodes what promises much: messages of the largest
// size in which the smallest items are as many as they can be.
func TestAllocationIsBounded(t *testing.T) {
	digest := []byte("DQ\x01\x01\x00\x01a")
	for i := range uint64(maxEntries) {
		digest = append(digest, 1, 0, 0, 0, 0, 0, 0, 0)
		digest = append(binary.BigEndian.AppendUint64(digest, i), 1, 1, 1)
	}
	full := append(digest[:len(digest):len(digest)], make([]byte, maxDigest-len(digest))...)
	bundle := pack(slices.Repeat([][]byte{make([]byte, record.MinPacket)}, maxPackets))[0]
	s := newStore(t, "b")
	for _, c := range []struct {
		name    string
		message []byte
		most    int // bytes for each byte of the message
		call    func([]byte) error
	}{
		{"digest", digest, 3, func(m []byte) error { _, err := parseDigest(m); return err }},
		{"padded digest", full, 2, func(m []byte) error { _, err := parseDigest(m); return err }},
		{"answer", digest, 3, func(m []byte) error { _, err := s.Answer(m, time.Time{}); return err }},
		{"sender", full, 0, func(m []byte) error { _, _, err := Sender(m); return err }},
		{"bundle", bundle, 1, func(m []byte) error { _, err := DecodeBundle(m); return err }},
	} {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		err := c.call(c.message)
		runtime.ReadMemStats(&after)
		if got, most := after.TotalAlloc-before.TotalAlloc, uint64(c.most*len(c.message)+16<<10); got > most {
			t.Errorf("%s: %d bytes for a message of %d", c.name, got, len(c.message))
		}
		if (err != nil) != (c.name == "padded digest") {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
