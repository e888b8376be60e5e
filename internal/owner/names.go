package owner

import (
	"errors"
	"slices"
	"sync/atomic"

	"dropwatch/dropmon"
)

// Names puts names on drops. Its methods may be called from several
// goroutines.
type Names struct {
	Namespaces *Namespaces
	Processes  *Processes

	closed atomic.Bool
}

// New returns Names that know nothing yet; see [Names.Prime].
func New(c Config) *Names {
	return &Names{Namespaces: NewNamespaces(c), Processes: NewProcesses(c)}
}

// Prime reads what exists now, so that a process, namespace or interface that
// is gone when its drop is looked at still has a name. It blocks for one scan
// of /proc for each of both indexes and at most about two seconds more for the
// interfaces. What cannot be seen without privileges is no error.
func (n *Names) Prime() error {
	return errors.Join(n.Namespaces.Prime(), n.Processes.Prime())
}

// Fill sets the names of the namespace, the interface and the process of a
// drop as far as they can be found, and leaves what is set already. What is
// remembered costs no system call, except that a namespace is checked again
// after 10 milliseconds and the holder of a socket after a second. Something new may block for a scan of /proc or a dump
// of the namespace's interfaces. How often that happens is limited, so that a
// name may be missing in the first drop and be there in the next.
func (n *Names) Fill(d *dropmon.Drop) {
	if n.closed.Load() {
		return
	}
	if d.NetNS.Inode != 0 {
		if d.NetNS.Name == "" {
			d.NetNS.Name = n.Namespaces.Name(d.NetNS.Inode)
		}
		if d.Interface.Index != 0 && d.Interface.Name == "" {
			d.Interface.Name = n.Namespaces.InterfaceName(d.NetNS.Inode, d.Interface.Index)
		}
	}
	n.fillProcess(d)
}

func (n *Names) fillProcess(d *dropmon.Drop) {
	if d.Process.Name != "" {
		return
	}
	if d.Process.PID != 0 {
		if p, ok := n.Processes.ProcessByPID(d.Process.PID); ok {
			d.Process = p
		}
		return
	}
	if d.Socket == 0 {
		return
	}
	if p, ok := n.Processes.Lookup(d.Socket); ok {
		d.Process = p
	}
}

// Restricted lists, one sentence each, what the missing privileges hide. It is
// empty when nothing is known to be hidden. It tells about the scans done so
// far.
func (n *Names) Restricted() []string {
	reasons := n.Namespaces.reasons()
	for _, reason := range n.Processes.reasons() {
		if !slices.Contains(reasons, reason) {
			reasons = append(reasons, reason)
		}
	}
	return reasons
}

// Close ends the naming: from then on Fill does nothing. Nothing was kept
// open, so it always succeeds.
func (n *Names) Close() error {
	n.closed.Store(true)
	return nil
}
