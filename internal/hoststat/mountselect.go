package hoststat

import "strings"

// A storage says what a file system is made of.
type storage uint8

const (
	pseudo  storage = iota // nothing is stored, or something else shows it
	local                  // a device of this host
	network                // another host, or a program of a user, answers
	memory                 // tmpfs
)

// storageOf finds out what is behind a mount.
func storageOf(m *mount) storage {
	switch m.kind {
	case "tmpfs":
		return memory
	case "nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "9p", "virtiofs", "ceph", "afs", "coda",
		"lustre", "gpfs", "beegfs", "glusterfs", "orangefs", "pvfs2", "ocfs2", "gfs2":
		return network
	case "fuse.lxcfs", "fuse.portal", "fuse.gvfsd-fuse", "fuse.snapfuse", "fusectl":
		return pseudo
	case "overlay", "aufs", "squashfs":
		// The root of a container or of a live system is what its users mean by
		// the disk. Others are layers of one that is listed anyway, or images
		// that are always full.
		if m.point == "/" {
			return local
		}
		return pseudo
	case "btrfs", "zfs", "bcachefs", "ubifs", "jffs2", "reiser4":
		return local // some have devices of their own making
	}
	switch {
	case m.kind == "fuse" || strings.HasPrefix(m.kind, "fuse."):
		return network
	case m.hasMajor:
		return local
	}
	return pseudo
}

// A selection says which file systems are wanted.
type selection struct{ tmpfs bool }

func (s selection) wants(m *mount) bool {
	kind := storageOf(m)
	return kind == local || kind == network || kind == memory && s.tmpfs
}

// choose picks the mounts to list, in the order of the mount table: each device
// once, and only where it can be reached by its mount point.
func (s selection) choose(mounts []mount) []mount {
	tree := newMountTree(mounts)
	place := make(map[string]int)
	var chosen []mount
	for i := range mounts {
		m := &mounts[i]
		if !s.wants(m) || tree.hidden(m) {
			continue
		}
		at, again := place[m.device]
		switch {
		case !again:
			place[m.device] = len(chosen)
			chosen = append(chosen, *m)
		case better(m, &chosen[at]):
			chosen[at] = *m
		}
	}
	return chosen
}

// better prefers the mount of a whole device to that of a part, and then the
// place next to the root.
func better(m, than *mount) bool {
	if whole := m.root == "/"; whole != (than.root == "/") {
		return whole
	}
	return len(m.point) < len(than.point)
}

// A mountTree knows which mounts lie on top of others.
type mountTree struct {
	byID map[uint64]*mount
	// on has what is mounted on a mount, and where.
	on map[mountPlace]bool
}

type mountPlace struct {
	parent uint64
	point  string
}

func newMountTree(mounts []mount) mountTree {
	t := mountTree{byID: make(map[uint64]*mount, len(mounts)), on: make(map[mountPlace]bool, len(mounts))}
	for i := range mounts {
		m := &mounts[i]
		t.byID[m.id] = m
		if m.id != m.parent {
			t.on[mountPlace{m.parent, m.point}] = true
		}
	}
	return t
}

// maxDepth bounds the way up, in case a table has a circle.
const maxDepth = 256

// hidden tells whether another mount has been put over m or over a directory
// above it: statfs would then tell of that one.
func (t mountTree) hidden(m *mount) bool {
	if t.on[mountPlace{m.id, m.point}] {
		return true
	}
	for range maxDepth {
		for dir := m.point; dir != "/"; {
			dir = dir[:max(strings.LastIndexByte(dir, '/'), 1)]
			if t.on[mountPlace{m.parent, dir}] {
				return true
			}
		}
		parent, ok := t.byID[m.parent]
		if !ok || parent == m {
			return false
		}
		m = parent
	}
	return true
}
