package counters

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

// A Config says what to read. The zero value reads everything about the
// namespace of the calling thread.
type Config struct {
	// NetNS is a descriptor of a network namespace (an open file of
	// /proc/PID/ns/net or /run/netns); 0 means the namespace of the calling
	// thread. It may be closed once Open has returned. Another namespace than
	// the own one needs CAP_SYS_ADMIN.
	NetNS int
	// Sources are the names of what to read, out of [Sources]; nil means all.
	Sources []string
	// AllSockets lists sockets without losses too. Otherwise only TCP sockets
	// that listen and packet sockets are listed whatever they have lost, and the
	// kernel need not tell of the others.
	AllSockets bool

	// root is a directory in place of /proc/thread-self/net.
	root string
}

// A Reader reads the counters of one namespace. It is for one goroutine at a
// time.
//
// It holds its files and sockets open, so that a sample costs little and needs
// no change of namespace. The namespace lives on until the reader is closed,
// even if its last process has ended.
//
// Counters of the whole host, whose scope has no namespace, are in the samples
// of all namespaces alike.
type Reader struct {
	inode    uint32
	sources  []opened
	absent   []string
	problems []Problem
	closers  []func() error
	counters []Counter // reused
	order    order
}

// opened is a source that could be opened.
type opened struct {
	name string
	read source
}

// Open opens all sources that are asked for. One that cannot be opened is a
// problem of each sample. An error means that the configuration is wrong, or the
// namespace cannot be entered.
//
// What a kernel module adds later is not seen: open another reader.
func Open(config Config) (*Reader, error) {
	wanted, err := wantedOpeners(config.Sources)
	if err != nil {
		return nil, err
	}
	r := &Reader{}
	if err := inside(config, func(p *place) { r.openAll(p, wanted) }); err != nil {
		return nil, fmt.Errorf("open counters: %w", err)
	}
	return r, nil
}

// wantedOpeners are those of some names.
func wantedOpeners(names []string) ([]opener, error) {
	all := openers()
	if names == nil {
		return all, nil
	}
	for _, name := range names {
		if !slices.Contains(Sources(), name) {
			return nil, fmt.Errorf("unknown source of counters %q: use some of %q", name, Sources())
		}
	}
	return slices.DeleteFunc(all, func(o opener) bool { return !slices.Contains(names, o.name) }), nil
}

// openAll opens sources from inside the namespace.
func (r *Reader) openAll(p *place, wanted []opener) {
	r.inode = p.inode
	for _, o := range wanted {
		s, err := o.open(p)
		switch {
		case errors.Is(err, errAbsent):
			r.absent = append(r.absent, o.name)
		case err != nil:
			r.problems = append(r.problems, Problem{Source: o.name, Err: err})
		default:
			r.sources = append(r.sources, opened{o.name, s})
		}
	}
	r.closers = p.closers
}

// NetNS is the inode of the namespace.
func (r *Reader) NetNS() uint32 { return r.inode }

// Sample reads all sources. A source that fails is a problem of the sample, and
// what the others showed is there. The sample is the caller's.
func (r *Reader) Sample() (*Sample, error) {
	if r.inode == 0 {
		return nil, fmt.Errorf("sample counters: %w", os.ErrClosed)
	}
	s := &Sample{
		Time:     time.Now(),
		NetNS:    r.inode,
		Counters: r.counters[:0],
		Absent:   slices.Clone(r.absent),
		Problems: slices.Clone(r.problems),
	}
	for _, o := range r.sources {
		first := len(s.Counters)
		err := o.read(s)
		for i := range s.Counters[first:] {
			s.Counters[first+i].Source = o.name
		}
		switch {
		case errors.Is(err, errAbsent):
			s.Absent = append(s.Absent, o.name)
		case err != nil:
			s.Problems = append(s.Problems, Problem{Source: o.name, Err: err})
		default:
			s.Read = append(s.Read, o.name)
		}
	}
	r.counters = s.Counters
	s.Counters = r.order.sort(r.counters)
	s.sortSources()
	return s, nil
}

// Close frees everything. It may be called twice.
func (r *Reader) Close() error {
	var errs []error
	for _, closeOne := range r.closers {
		errs = append(errs, closeOne())
	}
	r.sources, r.closers, r.inode = nil, nil, 0
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close counters: %w", err)
	}
	return nil
}
