package owner

import (
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"dropwatch/dropmon"
)

const (
	// nsRecheck is how long a namespace is believed to be the one it was. It is
	// short because the kernel gives the inode of a deleted namespace to the
	// next one.
	nsRecheck = 10 * time.Millisecond
	// nsGap is the least time between two scans.
	nsGap = 100 * time.Millisecond
	// nsRetry is the least time until a namespace that was not found is looked
	// for again.
	nsRetry = time.Second
)

// Namespaces finds the names of network namespaces and of the interfaces in
// them. A namespace is called, in this order:
//
//   - "host" if it is that of PID 1 or the first one of the kernel,
//   - by its file in /run/netns, or by the file's path when another namespace
//     has the name already,
//   - "self" if it is our own,
//   - by the container that the oldest process in it lives in, "docker:4f2a91c0b3d1",
//   - by the oldest process in it, "sleep(812)".
//
// A namespace that is gone before it is looked for has no name, or that of the
// namespace that has its inode by then. Only the main thread of a process is
// looked at. The methods may be called from several
// goroutines; each may block for a scan of /proc.
type Namespaces struct {
	config Config
	proc   procTree

	mu         sync.Mutex
	known      map[uint32]*entry
	own        uint32
	pace       pacer[uint32]
	denied     int    // processes whose namespace could not be read
	limited    bool   // there were more processes than the limit
	hidden     string // why procfs does not show every process
	cannotJoin bool   // the interfaces of another namespace could not be read
}

// An entry is a namespace and a way into it.
type entry struct {
	inode uint32
	name  string
	path  string // of the nsfs file
	pid   int    // the process that path goes through, 0 for none
	// stamp tells the namespace from an earlier one with the same inode: when
	// its file was made or its process began.
	stamp   uint64
	own     bool
	fixed   bool // cannot end before we do
	gone    bool
	checked time.Time
	links   links
}

// same reports whether two entries of one inode are the same namespace, as far
// as can be told.
func (e *entry) same(o *entry) bool {
	return e.path == o.path && e.pid == o.pid && e.stamp == o.stamp
}

// NewNamespaces returns an index that scans when it is asked.
func NewNamespaces(c Config) *Namespaces {
	c = c.withDefaults()
	return &Namespaces{
		config: c,
		proc:   procTree{root: c.Proc, max: c.MaxProcesses},
		known:  make(map[uint32]*entry),
		pace:   pacer[uint32]{least: nsGap, base: nsRetry},
	}
}

// Name returns the name of the namespace with an inode, or "" when it is not
// known. An unknown one causes a scan, unless the last one is too recent or did
// not find it either.
func (s *Namespaces) Name(inode uint32) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.find(inode, s.config.Now()); e != nil {
		return e.name
	}
	return ""
}

// find returns what is known of a namespace, after a scan if that is due. What
// was known of a namespace that has ended stays, unless another took its inode.
func (s *Namespaces) find(inode uint32, now time.Time) *entry {
	e := s.known[inode]
	wasLive := e != nil && !e.gone
	if wasLive && s.holds(e, now) {
		return e
	}
	if inode == 0 || !wasLive && !s.worthScan(inode, now) {
		return e
	}
	// One that has just ended is worth a scan at any time, to see who has its
	// inode now: namespaces do not end often, and one scan settles all of them.
	//
	// A failed scan is like one that found nothing: there is nobody to tell.
	_ = s.scan()
	e = s.known[inode]
	if e == nil || e.gone {
		s.pace.missed(inode, now)
	} else {
		s.pace.found(inode)
	}
	return e
}

// worthScan decides for a namespace that is unknown or ended some time ago. The
// inode of an ended one may be in use again at any time, so that only the gap
// between scans counts.
func (s *Namespaces) worthScan(inode uint32, now time.Time) bool {
	if s.known[inode] != nil {
		return s.pace.idle(now)
	}
	return s.pace.due(inode, now)
}

// holds checks, once in a while, that an entry is still what it was.
func (s *Namespaces) holds(e *entry, now time.Time) bool {
	if e.fixed || now.Sub(e.checked) < nsRecheck {
		return true
	}
	e.gone = !s.verify(e)
	e.checked = now
	return !e.gone
}

func (s *Namespaces) verify(e *entry) bool {
	if e.pid == 0 {
		return s.verifyFile(e)
	}
	p, err := s.proc.open(strconv.Itoa(e.pid))
	if err != nil {
		return false
	}
	defer p.close()
	st, err := p.stat()
	if err != nil || st.start != e.stamp {
		return false
	}
	inode, err := p.netNS()
	return err == nil && inode == e.inode
}

// verifyFile forgets the interfaces when the file stands for another namespace
// with the same inode. Its name is that of the file all the same.
func (s *Namespaces) verifyFile(e *entry) bool {
	id, err := s.config.inspect(e.path)
	if err != nil || id.inode != e.inode {
		return false
	}
	if id.stamp != e.stamp {
		e.stamp, e.links = id.stamp, links{}
	}
	return true
}

// List returns the namespaces that exist now, by name. It scans.
func (s *Namespaces) List() ([]dropmon.NetNS, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.scan(); err != nil {
		return nil, err
	}
	return s.list(), nil
}

// Open opens the file of a namespace, for setns(2) or a socket inside of it.
// The caller closes it; while it is open the namespace does not end. The error
// wraps fs.ErrNotExist when the namespace is unknown or has ended.
func (s *Namespaces) Open(inode uint32) (*os.File, error) {
	s.mu.Lock()
	e := s.find(inode, s.config.Now())
	if e == nil {
		s.mu.Unlock()
		return nil, fmt.Errorf("open network namespace %d: no file or process leads to it: %w", inode, fs.ErrNotExist)
	}
	path := e.path
	s.mu.Unlock()
	return openAs(path, inode)
}

// openAs opens a namespace file if it still is that of the inode.
func openAs(path string, inode uint32) (*os.File, error) {
	f, id, err := openNamespace(path)
	if err != nil {
		return nil, err
	}
	if id.inode != inode {
		f.Close()
		return nil, fmt.Errorf("open network namespace %d: %s is another one now: %w", inode, path, fs.ErrNotExist)
	}
	return f, nil
}

// Restricted tells, in a sentence, which namespaces and interfaces stay
// unknown for lack of privileges or because of a limit, as far as the scans so
// far have shown.
func (s *Namespaces) Restricted() (reason string, restricted bool) {
	reasons := s.reasons()
	return strings.Join(reasons, "; "), len(reasons) > 0
}

func (s *Namespaces) reasons() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var reasons []string
	if s.denied > 0 {
		reasons = append(reasons, "the network namespaces of "+processCount(s.denied)+" cannot be seen: "+cure("CAP_SYS_PTRACE"))
	}
	if s.cannotJoin {
		reasons = append(reasons, "the interfaces of some network namespace cannot be read: "+cure("CAP_SYS_ADMIN"))
	}
	if s.limited {
		reasons = append(reasons, fmt.Sprintf("only %d processes were searched for network namespaces", s.config.MaxProcesses))
	}
	if s.hidden != "" {
		reasons = append(reasons, s.hidden)
	}
	return reasons
}
