package scenario

import (
	"errors"
	"fmt"
	"os"
)

// Options choose the shape of a lab.
type Options struct {
	Forward bool // three nodes, B is a router
	IPv6    bool // IPv6 is on; else the kernel has it switched off in the lab
}

// A Lab is a set of fresh namespaces with wires between them. Nothing happens
// in it by itself: neighbours are pinned and IPv6 sends nothing unasked. It
// must be closed. Its methods may be used from one goroutine at a time, but Do
// from any number.
type Lab struct {
	options  Options
	nodes    map[Node]*os.File
	inodes   map[Node]uint32
	names    map[Node]string
	meters   map[string]func() (uint64, error)
	cleanups []func() error
	// changed says that the lab will not be as it was when everything that was
	// opened in it is closed.
	changed bool
}

// New builds a lab. It needs root. The namespaces have names, by which the ip
// program finds them.
func New(o Options) (*Lab, error) {
	l := &Lab{
		options: o,
		nodes:   map[Node]*os.File{},
		inodes:  map[Node]uint32{},
		names:   map[Node]string{},
		meters:  map[string]func() (uint64, error){},
	}
	if err := l.build(); err != nil {
		return nil, errors.Join(fmt.Errorf("build lab: %w", err), l.Close())
	}
	return l, nil
}

func (l *Lab) build() error {
	if err := shareNamespaces(); err != nil {
		return err
	}
	prefix, err := l.claimPrefix()
	if err != nil {
		return err
	}
	for _, n := range l.list()[1:] {
		if err := l.addNode(n, prefix+"-"+string(n)); err != nil {
			return err
		}
	}
	return l.wire()
}

func (l *Lab) list() []Node {
	if l.options.Forward {
		return []Node{A, B, C}
	}
	return []Node{A, B}
}

func (l *Lab) addNode(n Node, name string) error {
	file, err := newNamespace(name, func() error { return quiet(n, l.options) })
	if err != nil {
		return err
	}
	l.names[n], l.nodes[n] = name, file
	l.inodes[n], err = inodeOf(file)
	return err
}

// Do runs fn inside a node, on the calling goroutine. Sockets opened there keep
// belonging to the node; goroutines started there do not.
func (l *Lab) Do(n Node, fn func() error) error {
	file, ok := l.nodes[n]
	if !ok {
		return fmt.Errorf("lab has no node %q", n)
	}
	return inNamespace(file, fn)
}

// Inode is the number of a node's namespace, as the kernel shows it.
func (l *Lab) Inode(n Node) uint32 { return l.inodes[n] }

// onClose remembers what must be undone before the namespaces go.
func (l *Lab) onClose(undo func() error) { l.cleanups = append(l.cleanups, undo) }

// empty closes what was opened in the lab.
func (l *Lab) empty() error {
	var errs []error
	for len(l.cleanups) > 0 { // undoing may add more
		last := len(l.cleanups) - 1
		undo := l.cleanups[last]
		l.cleanups = l.cleanups[:last]
		errs = append(errs, undo())
	}
	clear(l.meters)
	return errors.Join(errs...)
}

// Close takes the lab down. It may be called twice.
func (l *Lab) Close() error {
	errs := []error{l.empty()}
	for n, file := range l.nodes {
		errs = append(errs, file.Close())
		delete(l.nodes, n)
	}
	for n, name := range l.names {
		errs = append(errs, removeNamespace(name))
		delete(l.names, n)
	}
	return errors.Join(errs...)
}

// claimPrefix adds node A under the first free name of this process and
// returns what the names of the other nodes start with.
func (l *Lab) claimPrefix() (string, error) {
	for i := 1; ; i++ {
		prefix := fmt.Sprintf("dw%d-%d", os.Getpid(), i)
		err := l.addNode(A, prefix+"-"+string(A))
		if !errors.Is(err, os.ErrExist) {
			return prefix, err
		}
	}
}
