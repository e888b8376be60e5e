package repair

import (
	"encoding/binary"

	"dropwatch/internal/peer/identity"
)

const (
	// maxName is the longest name of a member, in bytes.
	maxName = 255
	// maxEntries is how many hosts a digest tells of.
	maxEntries = 16384

	idSize    = len(identity.ID{})
	minEntry  = idSize + 1 + 1 + 1
	maxEntry  = idSize + 2*binary.MaxVarintLen64 + 1
	maxDigest = headerSize + 1 + 1 + maxName + maxEntries*maxEntry
)

// flagAsks asks for a digest in return.
const flagAsks = 1 << 0

// A digest is what a member holds. Nothing in it is proven.
type digest struct {
	from    string
	asks    bool
	entries []entry // by host
}

// An entry tells which parts of which record of a host are held.
type entry struct {
	host            identity.ID
	epoch, sequence uint64
	parts           uint8 // by bit
}

// newer tells whether a record is a later one than another.
func (e *entry) newer(than *entry) bool {
	return e.epoch > than.epoch || e.epoch == than.epoch && e.sequence > than.sequence
}

// beyond returns the parts that one who holds the other entry lacks.
func (e *entry) beyond(other *entry) uint8 {
	switch {
	case e.newer(other):
		return e.parts
	case other.newer(e):
		return 0
	}
	return e.parts &^ other.parts
}

func (d *digest) message() []byte {
	b := make([]byte, 0, headerSize+1+1+len(d.from)+len(d.entries)*(minEntry+8))
	var flags byte
	if d.asks {
		flags |= flagAsks
	}
	b = append(appendHeader(b, KindDigest), flags, byte(len(d.from)))
	b = append(b, d.from...)
	for i := range d.entries {
		e := &d.entries[i]
		b = append(b, e.host[:]...)
		b = binary.AppendUvarint(b, e.epoch)
		b = binary.AppendUvarint(b, e.sequence)
		b = append(b, e.parts)
	}
	return b
}

// Sender reads from whom a digest claims to be, and whether it asks for one in
// return, without looking at the rest: for a Limiter. The error wraps one of
// those of this package.
func Sender(message []byte) (name string, asks bool, err error) {
	from, asks, _, err := parseSender(message)
	return string(from), asks, err
}

func parseSender(message []byte) (from []byte, asks bool, rest []byte, err error) {
	b, err := body(message, KindDigest)
	switch {
	case err != nil:
		return nil, false, nil, err
	case len(b) < 2:
		return nil, false, nil, malformed("digest is cut off")
	case b[0]&^flagAsks != 0:
		return nil, false, nil, ErrVersion
	}
	size, rest := int(b[1]), b[2:]
	if size == 0 || size > len(rest) {
		return nil, false, nil, malformed("name is absent or cut off")
	}
	return rest[:size], b[0]&flagAsks != 0, rest[size:], nil
}

// parseDigest reads a whole digest. Nothing of the message is kept; what it
// allocates is in proportion to the message.
func parseDigest(message []byte) (*digest, error) {
	from, asks, rest, err := parseSender(message)
	if err != nil {
		return nil, err
	}
	d := &digest{from: string(from), asks: asks, entries: make([]entry, 0, min(len(rest)/minEntry, maxEntries))}
	for len(rest) > 0 {
		if len(d.entries) == maxEntries {
			return nil, malformed("too many hosts")
		}
		var e entry
		if e, rest, err = parseEntry(rest); err != nil {
			return nil, err
		}
		if n := len(d.entries); n > 0 && d.entries[n-1].host.Compare(e.host) >= 0 {
			return nil, malformed("hosts are not in order")
		}
		d.entries = append(d.entries, e)
	}
	return d, nil
}

func parseEntry(b []byte) (e entry, rest []byte, err error) {
	if len(b) < minEntry {
		return e, nil, malformed("host is cut off")
	}
	e.host, b = identity.ID(b[:idSize]), b[idSize:]
	if e.epoch, b, err = number(b); err != nil {
		return e, nil, err
	}
	if e.sequence, b, err = number(b); err != nil {
		return e, nil, err
	}
	if len(b) == 0 || b[0] == 0 || e.host.IsZero() {
		return e, nil, malformed("host has no id or no parts")
	}
	e.parts = b[0]
	return e, b[1:], nil
}
