package repair

import (
	"bytes"
	"cmp"
	"container/list"
	"fmt"
	"slices"
	"sync"
	"time"

	"dropwatch/internal/peer/identity"
	"dropwatch/internal/peer/record"
)

// defaultBytes takes eight full packets of as many hosts as are known by
// default.
const defaultBytes = 64 << 20

// A Config bounds a Store. The zero value of all but Name has a default.
type Config struct {
	// Name of this member, to which others answer.
	Name string
	// MaxHosts is of how many hosts records are kept, 16384 at most. Default
	// identity.DefaultMaxHosts.
	MaxHosts int
	// MaxBytes is the size of all packets together, in bytes, one record at
	// least. Default 64 MiB.
	MaxBytes int
}

// A Store keeps the newest record of each host, as packets. Its methods may be
// called concurrently and do not block for anything but each other.
type Store struct {
	name               string
	maxHosts, maxBytes int

	mu      sync.Mutex
	hosts   map[identity.ID]*list.Element
	order   list.List // of *held, the last Put in front
	bytes   int
	evicted uint64
}

// A held is a record. It is never changed once it is in a Store, so that it can
// be read without the lock.
type held struct {
	entry
	packets [][]byte // by part; nil if it did not come
	at      time.Time
}

func (h *held) size() (bytes int) {
	for _, p := range h.packets {
		bytes += len(p)
	}
	return bytes
}

// New makes an empty Store.
func New(c Config) (*Store, error) {
	hosts, bytes := cmp.Or(c.MaxHosts, identity.DefaultMaxHosts), cmp.Or(c.MaxBytes, defaultBytes)
	least := record.MaxParts * record.MaxDatagram
	switch {
	case c.Name == "" || len(c.Name) > maxName:
		return nil, fmt.Errorf("keep records: name of this member has %d bytes: it must have 1 to %d", len(c.Name), maxName)
	case hosts < 1 || hosts > maxEntries:
		return nil, fmt.Errorf("keep records: of %d hosts: it must be 1 to %d", hosts, maxEntries)
	case bytes < least:
		return nil, fmt.Errorf("keep records: in %d bytes: it must be %d at least", bytes, least)
	}
	return &Store{name: c.Name, maxHosts: hosts, maxBytes: bytes, hosts: map[identity.ID]*list.Element{}}, nil
}

// Put keeps a copy of a packet that the gate has taken, and tells whether it did:
// not if it has a newer record of the host, or that part already, or if the
// packet is nothing a record can be. A newer record drops the older one of the
// host. When there is no room, records of those hosts are dropped that were Put
// the longest time ago, which Stats counts.
//
// The time is when the packet was signed, which is the same everywhere and what
// gates go by, or when it came. That of the first part of a record counts.
func (s *Store) Put(host identity.ID, epoch, sequence uint64, part, parts uint8, raw []byte, at time.Time) bool {
	if host.IsZero() || part >= parts || parts > record.MaxParts || len(raw) < record.MinPacket || len(raw) > record.MaxDatagram {
		return false
	}
	next := &held{entry: entry{host, epoch, sequence, 1 << part}, at: at}
	s.mu.Lock()
	defer s.mu.Unlock()
	element, ok := s.hosts[host]
	var before int
	if ok {
		last := element.Value.(*held)
		before = last.size()
		switch {
		case next.newer(&last.entry):
		case next.beyond(&last.entry) == 0 || len(last.packets) != int(parts):
			return false
		default:
			next.parts |= last.parts
			next.packets, next.at = slices.Clone(last.packets), last.at
		}
	}
	if next.packets == nil {
		next.packets = make([][]byte, parts)
	}
	next.packets[part] = bytes.Clone(raw)
	if ok {
		element.Value = next
		s.order.MoveToFront(element)
	} else {
		s.hosts[host] = s.order.PushFront(next)
	}
	s.bytes += next.size() - before
	s.makeRoom()
	return true
}

// makeRoom never drops the record that was Put last: one always fits.
func (s *Store) makeRoom() {
	for len(s.hosts) > s.maxHosts || s.bytes > s.maxBytes {
		s.remove(s.order.Back())
		s.evicted++
	}
}

func (s *Store) remove(element *list.Element) {
	h := s.order.Remove(element).(*held)
	delete(s.hosts, h.host)
	s.bytes -= h.size()
}

// Forget drops the record of a host.
func (s *Store) Forget(host identity.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if element, ok := s.hosts[host]; ok {
		s.remove(element)
	}
}

// Expire drops all records that are of a time before.
func (s *Store) Expire(before time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, element := range s.hosts {
		if element.Value.(*held).at.Before(before) {
			s.remove(element)
		}
	}
}

// Stats are what a Store holds.
type Stats struct {
	Hosts   int
	Bytes   int    // of packets
	Evicted uint64 // records dropped for want of room, since the start
}

// Stats returns the present numbers.
func (s *Store) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Stats{Hosts: len(s.hosts), Bytes: s.bytes, Evicted: s.evicted}
}

// all returns what is held, by host.
func (s *Store) all() []*held {
	s.mu.Lock()
	records := make([]*held, 0, len(s.hosts))
	for _, element := range s.hosts {
		records = append(records, element.Value.(*held))
	}
	s.mu.Unlock()
	slices.SortFunc(records, func(a, b *held) int { return a.host.Compare(b.host) })
	return records
}
