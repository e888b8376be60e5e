package owner

import (
	"cmp"
	"errors"
	"io/fs"
	"slices"
	"time"
)

const (
	// linkRetry is the least time between two dumps of one namespace for an
	// interface that is not in the last dump.
	linkRetry = time.Second
	// linkAge is how long the name of an interface is believed; it can be
	// renamed.
	linkAge = 5 * time.Second
	// maxGoneLinks bounds the remembered interfaces of one namespace that no
	// longer exist.
	maxGoneLinks = 1 << 12
	// primeTime is how long Prime may read interfaces.
	primeTime = 2 * time.Second
)

// links are the interfaces of one namespace.
type links struct {
	byIndex map[uint32]link
	tried   time.Time // last dump, even if it failed
}

type link struct {
	name string
	live bool // in the last dump
}

// InterfaceName returns the name of the interface with an index inside a
// namespace, or "" when it is not known. The interfaces of another namespace
// can be read with CAP_SYS_ADMIN only. A name seen once is kept when the
// interface is deleted, until another gets its index.
func (s *Namespaces) InterfaceName(netns, ifindex uint32) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.config.Now()
	e := s.find(netns, now)
	if e == nil || ifindex == 0 {
		return ""
	}
	l := e.links.byIndex[ifindex]
	age := now.Sub(e.links.tried)
	if e.gone || age < linkRetry || l.live && age < linkAge {
		return l.name
	}
	s.refresh(e)
	return e.links.byIndex[ifindex].name
}

// refresh reads the interfaces of a namespace. If that fails the old ones stay.
func (s *Namespaces) refresh(e *entry) {
	e.links.tried = s.config.Now()
	names, err := s.config.readLinks(*e)
	if errors.Is(err, fs.ErrPermission) {
		s.cannotJoin = true
	}
	if err != nil {
		return
	}
	e.links.replace(names)
}

func (l *links) replace(names map[uint32]string) {
	if l.byIndex == nil || len(l.byIndex) > len(names)+maxGoneLinks {
		l.byIndex = make(map[uint32]link, len(names))
	}
	for index, old := range l.byIndex {
		old.live = false
		l.byIndex[index] = old
	}
	for index, name := range names {
		l.byIndex[index] = link{name: printable(name), live: true}
	}
}

// Prime finds all namespaces and reads the interfaces of as many as it can in
// two seconds, the host's and our own first.
func (s *Namespaces) Prime() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.scan()
	var live []*entry
	for _, e := range s.known {
		if !e.gone {
			live = append(live, e)
		}
	}
	slices.SortFunc(live, func(a, b *entry) int {
		if a.fixed != b.fixed {
			if a.fixed {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.inode, b.inode)
	})
	end := s.config.Now().Add(primeTime)
	for i, e := range live {
		if i == s.config.MaxNamespaces || !s.config.Now().Before(end) {
			break
		}
		s.refresh(e)
	}
	return err
}
