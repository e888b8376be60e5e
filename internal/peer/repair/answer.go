package repair

import (
	"math/bits"
	"time"
)

// Digest returns the message that tells what is held of a time after since, and
// asks for a digest in return or not. Records older than the skew that gates
// allow are better left out: they would be refused wherever they went.
func (s *Store) Digest(since time.Time, asks bool) []byte {
	records := s.all()
	entries := make([]entry, 0, len(records))
	for _, h := range records {
		if h.at.After(since) {
			entries = append(entries, h.entry)
		}
	}
	return (&digest{from: s.name, asks: asks, entries: entries}).message()
}

// An Answer is what to send to the member that sent a digest. Both may be nil.
type Answer struct {
	// Bundles have what that member lacks, each within the size of a message,
	// and all together no packet twice.
	Bundles [][]byte
	// Digest is our own, if we lack something and that member asked. It asks
	// for none in return.
	Digest []byte
}

// Answer reads a digest and compares. Only packets of a time after since are
// sent. Bundles have the parts of a record in their order, as the first one
// brings the key. The error wraps one of those of this package.
func (s *Store) Answer(message []byte, since time.Time) (Answer, error) {
	d, err := parseDigest(message)
	if err != nil {
		return Answer{}, err
	}
	ours, theirs := s.all(), d.entries
	var packets [][]byte
	lack := false
	for _, h := range ours {
		for len(theirs) > 0 && theirs[0].host.Compare(h.host) < 0 {
			theirs, lack = theirs[1:], true
		}
		their := entry{host: h.host}
		if len(theirs) > 0 && theirs[0].host == h.host {
			their, theirs = theirs[0], theirs[1:]
		}
		lack = lack || their.beyond(&h.entry) != 0
		if h.at.After(since) {
			packets = h.appendParts(packets, h.beyond(&their))
		}
	}
	a := Answer{Bundles: pack(packets)}
	if d.asks && (lack || len(theirs) > 0) {
		a.Digest = s.whole(ours)
	}
	return a, nil
}

// whole is a digest of all, whatever its age: what is listed is not sent to us.
func (s *Store) whole(records []*held) []byte {
	entries := make([]entry, len(records))
	for i, h := range records {
		entries[i] = h.entry
	}
	return (&digest{from: s.name, entries: entries}).message()
}

func (h *held) appendParts(packets [][]byte, parts uint8) [][]byte {
	for ; parts != 0; parts &= parts - 1 {
		packets = append(packets, h.packets[bits.TrailingZeros8(parts)])
	}
	return packets
}
