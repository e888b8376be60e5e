package ring

import (
	"errors"

	"dropwatch/internal/peer/record"
)

// names is the block that says what the columns are. It changes rarely.
type names struct {
	generation uint64 // rises with each change
	id, host   string
	slots      []nameOf // of all slots; an empty key is a free one
}

// nameOf is what the column of a slot holds.
type nameOf struct {
	key string
	// first is when the slot was given to the key, in nanoseconds. Rows that
	// ended before are of another one.
	first int64
}

func newNames(c *Config) names { return names{slots: make([]nameOf, c.Slots)} }

// cleanKey is how a key is kept: printable, and not too long.
func cleanKey(key string) string { return record.CleanText(key, maxKeyBytes) }

func (n *names) find(key string) int {
	for i := range n.slots {
		if n.slots[i].key == key {
			return i
		}
	}
	return -1
}

// index is for finding many.
func (n *names) index() map[string]int {
	m := make(map[string]int, len(n.slots))
	for i := range n.slots {
		if key := n.slots[i].key; key != "" {
			m[key] = i
		}
	}
	return m
}

func encodeNames(n *names, l *layout) []byte {
	b := make([]byte, l.namesBytes)
	order.PutUint64(b, n.generation)
	order.PutUint16(b[8:], uint16(len(n.id)))
	order.PutUint16(b[10:], uint16(len(n.host)))
	copy(b[namesHead:], n.id)
	copy(b[namesHead+maxIDBytes:], n.host)
	for i := range n.slots {
		entry := b[namesHead+maxIDBytes+maxNameBytes+1+i*nameEntry:]
		order.PutUint64(entry, uint64(n.slots[i].first))
		order.PutUint16(entry[8:], uint16(len(n.slots[i].key)))
		copy(entry[10:], n.slots[i].key)
	}
	seal(b)
	return b
}

func decodeNames(b []byte, c *Config) (names, error) {
	n := newNames(c)
	if !sealed(b) {
		return n, errChecksum
	}
	n.generation = order.Uint64(b)
	id, host := int(order.Uint16(b[8:])), int(order.Uint16(b[10:]))
	if id > maxIDBytes || host > maxNameBytes {
		return n, errors.New("name of the host is too long")
	}
	n.id = record.CleanText(string(b[namesHead:][:id]), maxIDBytes)
	n.host = record.CleanText(string(b[namesHead+maxIDBytes:][:host]), maxNameBytes)
	for i := range n.slots {
		entry := b[namesHead+maxIDBytes+maxNameBytes+1+i*nameEntry:]
		length := int(order.Uint16(entry[8:]))
		if length > maxKeyBytes {
			return n, errors.New("name of a value is too long")
		}
		n.slots[i] = nameOf{cleanKey(string(entry[10:][:length])), int64(order.Uint64(entry))}
	}
	return n, nil
}
