package scenario

import (
	"strconv"
	"strings"
)

// A Scene is what the judge must know about a lab and its kernel.
type Scene struct {
	Inodes     map[Node]uint32
	Interfaces map[string]uint32          // indexes, the same in every node
	Rises      map[Node]map[string]uint64 // of counters
	// Knows tells whether the kernel has a drop reason of that name. It is
	// nil for kernels that give no reasons at all.
	Knows func(reason string) bool
	// Release is the kernel's, such as "6.12.107+deb13".
	Release string
}

// node finds the lab's node with a namespace inode; empty if none has it.
func (s Scene) node(inode uint32) Node {
	for n, own := range s.Inodes {
		if own == inode && inode != 0 {
			return n
		}
	}
	return ""
}

// before tells whether the kernel is older than a release.
func (s Scene) before(release string) bool {
	ours, theirs := version(s.Release), version(release)
	return ours[0] < theirs[0] || ours[0] == theirs[0] && ours[1] < theirs[1]
}

func version(release string) [2]int {
	var v [2]int
	for i, part := range strings.SplitN(release, ".", 3) {
		if i < 2 {
			// what follows the digits belongs to the distribution
			end := strings.IndexFunc(part, func(r rune) bool { return r < '0' || r > '9' })
			if end >= 0 {
				part = part[:end]
			}
			v[i], _ = strconv.Atoi(part)
		}
	}
	return v
}
