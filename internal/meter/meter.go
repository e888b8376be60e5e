// Package meter reads the counters of every network namespace that a watch is
// about, before and after, and tells what rose.
package meter

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"dropwatch/counters"
	"dropwatch/dropmon"
	"dropwatch/internal/owner"
)

// A Config says what to read.
type Config struct {
	Namespaces *owner.Namespaces
	// NetNS are the inodes of the namespaces to read; empty means all there are,
	// and those that come meanwhile.
	NetNS []uint32
	// Sources are as in counters.Config.
	Sources []string
}

// A Meter reads the counters of namespaces. It is for one goroutine at a time
// and must be closed.
//
// A reader keeps its namespace alive, so Sample closes those of namespaces that
// nobody else uses any more.
type Meter struct {
	config  Config
	each    map[uint32]*namespace
	past    []counters.Change // of namespaces that are gone; see forget
	refused error             // the first
	gone    map[uint32]string // names of namespaces that are gone
	unread  map[uint32]string // the namespaces that were refused, by name
	own     uint32            // our own namespace

	began, read time.Time
}

// A namespace as it was read first and last.
type namespace struct {
	name        string // when it was found
	reader      *counters.Reader
	first, last *counters.Sample
}

// New reads all counters for the first time. Namespaces that cannot be entered
// are left out: see [Meter.Refused]. It blocks for some milliseconds for each
// namespace.
func New(config Config) *Meter {
	m := &Meter{config: config, each: make(map[uint32]*namespace), gone: make(map[uint32]string), unread: make(map[uint32]string), own: ownNetNS()}
	m.began = time.Now()
	m.read = m.began
	m.open(func(n *namespace) { n.first, _ = n.reader.Sample() })
	return m
}

// Sample reads all counters again. Of a namespace that came since New all
// counts.
func (m *Meter) Sample() {
	m.read = time.Now()
	all := counters.Sources()
	slices.Sort(all)
	present := m.open(func(n *namespace) {
		n.first = &counters.Sample{NetNS: n.reader.NetNS(), Read: all}
	})
	for inode, n := range m.each {
		// only a closed reader fails as a whole
		if s, err := n.reader.Sample(); err == nil {
			n.last = s
		}
		if !present[inode] {
			m.forget(n.changes())
			m.gone[inode] = n.name
			n.reader.Close()
			delete(m.each, inode)
		}
	}
}

// open opens readers for new namespaces and tells which ones there are.
func (m *Meter) open(begin func(*namespace)) map[uint32]bool {
	present := make(map[uint32]bool)
	list, err := m.config.Namespaces.List()
	if err != nil {
		m.refuse(err)
	}
	for _, ns := range list {
		present[ns.Inode] = true
		if m.each[ns.Inode] != nil || len(m.config.NetNS) > 0 && !slices.Contains(m.config.NetNS, ns.Inode) {
			continue
		}
		reader, err := m.reader(ns)
		if errors.Is(err, os.ErrNotExist) {
			continue // it has just gone
		}
		if err != nil {
			name := cmp.Or(ns.Name, fmt.Sprint(ns.Inode))
			m.unread[ns.Inode] = name
			m.refuse(fmt.Errorf("namespace %s: %w", name, err))
			continue
		}
		n := &namespace{name: ns.Name, reader: reader}
		if begin(n); n.first != nil {
			m.each[ns.Inode] = n
		}
	}
	return present
}

// reader enters a namespace, but for our own: that needs no privileges.
func (m *Meter) reader(ns dropmon.NetNS) (*counters.Reader, error) {
	if ns.Inode == m.own {
		return counters.Open(counters.Config{Sources: m.config.Sources})
	}
	file, err := m.config.Namespaces.Open(ns.Inode)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return counters.Open(counters.Config{NetNS: int(file.Fd()), Sources: m.config.Sources})
}

// ownNetNS is 0 if it cannot be told.
func ownNetNS() uint32 {
	var stat unix.Stat_t
	if err := unix.Stat("/proc/thread-self/ns/net", &stat); err != nil {
		return 0
	}
	return uint32(stat.Ino)
}

func (m *Meter) refuse(err error) {
	if m.refused == nil {
		m.refused = err
	}
}

// Refused is why the first namespace that could not be read was not; nil if all
// were.
func (m *Meter) Refused() error { return m.refused }

// Problems are the sources that could not be read in the last sample, one for
// each source.
func (m *Meter) Problems() []counters.Problem {
	var all []counters.Problem
	for s := range m.samples {
		for _, p := range s.Problems {
			if !slices.ContainsFunc(all, func(q counters.Problem) bool { return q.Source == p.Source }) {
				all = append(all, p)
			}
		}
	}
	return all
}

// Changes are those of all namespaces between New and the last Sample. Counters
// of the whole host, which every namespace shows, are there once, as a
// namespace has them that was there all the time.
func (m *Meter) Changes() []counters.Change {
	var all []counters.Change
	for _, n := range m.sorted() {
		all = append(all, n.changes()...)
	}
	all = append(all, m.past...)
	return hostWideOnce(slices.DeleteFunc(all, func(c counters.Change) bool {
		return c.Scope.NetNS == 0 && c.Appeared // it is the namespace that is new
	}))
}

// hostWideOnce keeps the first of what every namespace shows.
func hostWideOnce(all []counters.Change) []counters.Change {
	type key struct {
		name  string
		scope counters.Scope
	}
	seen := make(map[key]bool)
	return slices.DeleteFunc(all, func(c counters.Change) bool {
		if c.Scope.NetNS != 0 {
			return false
		}
		k := key{c.Name, c.Scope}
		before := seen[k]
		seen[k] = true
		return before
	})
}

func (n *namespace) changes() []counters.Change {
	if n.last == nil {
		return nil
	}
	return counters.Diff(n.first, n.last)
}

// Forward makes the last sample the first one, so that Changes are those since
// then.
func (m *Meter) Forward() {
	m.past, m.began = nil, m.read
	for _, n := range m.each {
		if n.last != nil {
			n.first, n.last = n.last, nil
		}
	}
}

// Latest are the last samples, in the order of the namespaces' inodes. They must
// not be changed.
func (m *Meter) Latest() []*counters.Sample { return slices.Collect(m.samples) }

func (m *Meter) samples(yield func(*counters.Sample) bool) {
	for _, n := range m.sorted() {
		if s := cmp.Or(n.last, n.first); !yield(s) {
			return
		}
	}
}

func (m *Meter) sorted() []*namespace {
	var list []*namespace
	for _, inode := range slices.Sorted(maps.Keys(m.each)) {
		list = append(list, m.each[inode])
	}
	return list
}

// Close frees everything. It may be called twice.
func (m *Meter) Close() {
	for inode, n := range m.each {
		n.reader.Close()
		delete(m.each, inode)
	}
}
