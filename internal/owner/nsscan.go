package owner

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// initNetNS is the inode of the first network namespace where the kernel fixes
// it (NET_NS_INIT_INO, Linux 6.18). Older kernels use any number, and never
// this one.
const initNetNS = 0xEFFFFFF9

// maxFiles bounds the files read in each directory of named namespaces.
const maxFiles = 1 << 14

const (
	hostName = "host"
	selfName = "self"
)

// An nsScan is one look at all namespaces.
type nsScan struct {
	s         *Namespaces
	found     map[uint32]*entry
	names     map[string]bool
	own, host uint32
	denied    int
	limited   bool
}

// scan brings the index up to date. It fails only if /proc cannot be listed;
// what the directories of named namespaces give is kept even then.
func (s *Namespaces) scan() error {
	begin := s.config.Now()
	sc := &nsScan{s: s, found: make(map[uint32]*entry), names: map[string]bool{hostName: true, selfName: true}}
	sc.addFixed()
	for _, dir := range s.config.NetNSDirs {
		sc.addFiles(dir)
	}
	err := sc.addProcesses()
	s.own, s.denied, s.limited = sc.own, sc.denied, sc.limited
	s.hidden = s.proc.hidden()
	s.pace.scanned(begin, s.config.Now())
	s.merge(sc.found, begin)
	if err != nil {
		return fmt.Errorf("scan network namespaces: %w", err)
	}
	return nil
}

// merge takes over what a scan found and keeps what it did not find as gone.
func (s *Namespaces) merge(found map[uint32]*entry, now time.Time) {
	gone := 0
	for inode, e := range s.known {
		if found[inode] == nil {
			e.gone = true
			gone++
		}
	}
	if gone > s.config.MaxNamespaces {
		for inode, e := range s.known {
			if e.gone {
				delete(s.known, inode)
			}
		}
	}
	for inode, e := range found {
		if old := s.known[inode]; old != nil && old.same(e) {
			e.links = old.links
		}
		e.checked = now
		s.known[inode] = e
	}
}

// addFixed adds our own namespace and that of PID 1, which outlive us.
func (sc *nsScan) addFixed() {
	// "self" is the first thread, which may have been moved elsewhere; sockets
	// are made on the others.
	own := "thread-self"
	if sc.own = sc.of(own); sc.own == 0 {
		own = "self"
		sc.own = sc.of(own)
	}
	sc.host = sc.of("1")
	if sc.own == initNetNS {
		sc.host = initNetNS
	}
	if sc.host != 0 {
		sc.found[sc.host] = &entry{inode: sc.host, name: hostName, path: sc.s.proc.nsPath("1"), fixed: true}
	}
	if sc.own == 0 {
		return
	}
	e := &entry{inode: sc.own, name: selfName, path: sc.s.proc.nsPath(own), own: true, fixed: true}
	if sc.own == sc.host {
		e.name = hostName
	}
	sc.found[sc.own] = e
}

func (sc *nsScan) of(process string) uint32 {
	p, err := sc.s.proc.open(process)
	if err != nil {
		return 0
	}
	defer p.close()
	inode, err := p.netNS()
	if err != nil {
		return 0
	}
	return inode
}

func (sc *nsScan) addFiles(dir string) {
	d, err := os.Open(dir)
	if err != nil {
		return // no named namespaces there
	}
	defer d.Close()
	names, err := d.Readdirnames(maxFiles)
	if err != nil {
		return
	}
	slices.Sort(names)
	for _, name := range names {
		path := filepath.Join(dir, name)
		id, err := sc.s.config.inspect(path)
		if err != nil {
			continue // a leftover, or deleted just now
		}
		sc.addFile(path, id)
	}
}

func (sc *nsScan) addFile(path string, id nsFile) {
	e := sc.found[id.inode]
	if e != nil && e.name != selfName {
		return // the host, or another file of the same
	}
	name := printable(filepath.Base(path))
	if sc.names[name] {
		name = printable(path)
	}
	sc.names[name] = true
	if e != nil {
		e.name = name
		return
	}
	sc.found[id.inode] = &entry{inode: id.inode, name: name, path: path, stamp: id.stamp}
}

// addProcesses names the namespaces that have no other name after a process.
func (sc *nsScan) addProcesses() error {
	pids, limited, err := sc.s.proc.pids()
	if err != nil {
		return err
	}
	sc.limited = limited
	for _, pid := range pids {
		err := sc.addProcess(pid)
		// Any other error is a process that ended meanwhile.
		if errors.Is(err, fs.ErrPermission) {
			sc.denied++
		}
	}
	return nil
}

func (sc *nsScan) addProcess(pid int) error {
	digits := strconv.Itoa(pid)
	p, err := sc.s.proc.open(digits)
	if err != nil {
		return err
	}
	defer p.close()
	inode, err := p.netNS()
	if err != nil {
		return err
	}
	old := sc.found[inode]
	if old != nil && old.pid == 0 {
		return nil
	}
	st, err := p.stat()
	if err != nil {
		return err
	}
	if old != nil && old.stamp <= st.start {
		return nil
	}
	e := &entry{inode: inode, path: sc.s.proc.nsPath(digits), pid: pid, stamp: st.start}
	if cgroup, err := p.read("cgroup"); err == nil {
		e.name = containerOf(string(cgroup))
	}
	if e.name == "" {
		e.name = st.name + "(" + digits + ")"
	}
	sc.found[inode] = e
	return nil
}
