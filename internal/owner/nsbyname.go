package owner

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"dropwatch/dropmon"
)

// maxListed bounds the names in an error, so that it stays one line to read.
const maxListed = 20

// NamespaceByName finds the inode of the namespace that a user means. It takes
// a name as shown, the path of a namespace file, "pid:N" for the namespace of a
// process, "self", or an inode number, which need not be known. It scans. The
// error of an unknown name lists those that exist.
func (s *Namespaces) NamespaceByName(name string) (uint32, error) {
	if strings.HasPrefix(name, "/") || strings.HasPrefix(name, "./") || strings.HasPrefix(name, "../") {
		id, err := s.config.inspect(name)
		return id.inode, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	scanErr := s.scan()
	known := s.list()
	inode, err := match(known, name)
	if inode != 0 || err != nil {
		return inode, err
	}
	if name == selfName && s.own != 0 {
		return s.own, nil
	}
	if digits, ok := strings.CutPrefix(name, "pid:"); ok {
		return s.byPID(digits)
	}
	if n, err := strconv.ParseUint(name, 10, 32); err == nil && n != 0 {
		return uint32(n), nil
	}
	return 0, errors.Join(s.unknown(name, known), scanErr)
}

// match finds a namespace by its shown name. Only processes of one container
// that have different namespaces share a name.
func match(known []dropmon.NetNS, name string) (uint32, error) {
	var inodes []uint32
	for _, ns := range known {
		if ns.Name == name {
			inodes = append(inodes, ns.Inode)
		}
	}
	switch len(inodes) {
	case 0:
		return 0, nil
	case 1:
		return inodes[0], nil
	}
	return 0, fmt.Errorf("%d network namespaces are called %q: use the inode number, one of %v", len(inodes), name, inodes)
}

func (s *Namespaces) byPID(digits string) (uint32, error) {
	pid, err := strconv.Atoi(digits)
	if err != nil || pid <= 0 {
		return 0, fmt.Errorf("parse network namespace %q: want pid:NUMBER", "pid:"+digits)
	}
	p, err := s.proc.open(strconv.Itoa(pid))
	if err != nil {
		return 0, fmt.Errorf("find network namespace of process %d: %w", pid, err)
	}
	defer p.close()
	inode, err := p.netNS()
	if errors.Is(err, fs.ErrPermission) {
		return 0, fmt.Errorf("find network namespace of process %d: %w: %s", pid, err, cure("CAP_SYS_PTRACE"))
	}
	if err != nil {
		return 0, fmt.Errorf("find network namespace of process %d: %w", pid, err)
	}
	return inode, nil
}

// unknown says which names there are and why there may be more.
func (s *Namespaces) unknown(name string, known []dropmon.NetNS) error {
	names := make([]string, 0, len(known))
	for _, ns := range known {
		names = append(names, ns.Name)
	}
	more := ""
	if len(names) > maxListed {
		more = fmt.Sprintf(" and %d more", len(names)-maxListed)
		names = names[:maxListed]
	}
	if s.denied > 0 || s.hidden != "" {
		more += " (there may be more that we cannot see)"
	}
	return fmt.Errorf("no network namespace %q; known: %s%s", name, strings.Join(names, ", "), more)
}

func (s *Namespaces) list() []dropmon.NetNS {
	var list []dropmon.NetNS
	for inode, e := range s.known {
		if !e.gone {
			list = append(list, dropmon.NetNS{Inode: inode, Name: e.name})
		}
	}
	slices.SortFunc(list, func(a, b dropmon.NetNS) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), cmp.Compare(a.Inode, b.Inode))
	})
	return list
}
