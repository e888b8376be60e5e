package hoststat

import (
	"bytes"
	"context"
	"errors"
	"math/bits"
	"slices"

	"golang.org/x/sys/unix"
)

// A FileSystem is one that can fill up. One that did not answer, or was not
// asked, has no numbers.
type FileSystem struct {
	MountPoint string `json:"mount_point"`
	Device     string `json:"device"`
	Type       string `json:"type"`
	ReadOnly   bool   `json:"read_only,omitempty"`
	// Network is set if another host or a program of a user has to answer. Those
	// are asked only if the Config says so.
	Network bool `json:"network,omitempty"`
	// NotAnswering is set if it did not answer in time. It is not asked again
	// before the question asked is answered.
	NotAnswering bool   `json:"not_answering,omitempty"`
	Error        string `json:"error,omitempty"`

	Total     *uint64 `json:"total_bytes,omitempty"`
	Free      *uint64 `json:"free_bytes,omitempty"`
	Available *uint64 `json:"available_bytes,omitempty"` // to ordinary users
	// Inodes are absent where the file system makes them when needed.
	Inodes     *uint64 `json:"inodes,omitempty"`
	InodesFree *uint64 `json:"inodes_free,omitempty"`
}

// A mountTable remembers the mounts as long as their text stays the same.
type mountTable struct {
	text  []byte
	valid bool
	list  []mount
	more  int
}

func (t *mountTable) update(text []byte, s selection) {
	if t.valid && bytes.Equal(text, t.text) {
		return
	}
	t.text, t.valid = append(t.text[:0], text...), true
	mounts, more := parseMounts(text)
	t.list, t.more = slices.Clip(s.choose(mounts)), more
}

// fileSystems fills in the file systems.
func (r *Reader) fileSystems(ctx context.Context, s *Status) {
	text, ok := r.text(s, "file systems", "/proc/self/mountinfo")
	if !ok {
		return
	}
	r.mounts.update(text, selection{tmpfs: r.config.Tmpfs})
	list := r.mounts.list
	if over := len(list) - r.config.MaxFileSystems; over > 0 {
		list = list[:r.config.MaxFileSystems]
		s.leave(over, func(l *LeftOut) *int { return &l.FileSystems })
	}
	s.leave(r.mounts.more, func(l *LeftOut) *int { return &l.FileSystems })
	s.FileSystems = make([]FileSystem, len(list))
	var asked []int
	var paths []string
	for i := range list {
		m := &list[i]
		far := storageOf(m) == network
		s.FileSystems[i] = FileSystem{
			MountPoint: clean(m.point, maxPath), Device: clean(m.source, maxPath), Type: clean(m.kind, maxName),
			ReadOnly: m.readOnly, Network: far,
		}
		if !far || r.config.NetworkFileSystems {
			asked, paths = append(asked, i), append(paths, r.config.Root+m.point)
		}
	}
	numbers := make([]uint64, 5*len(asked)) // one piece for all
	for k, a := range r.prober.ask(ctx, r.config.Timeout, paths) {
		f := &s.FileSystems[asked[k]]
		switch {
		case a.err == nil:
			f.fill(&a.stat, numbers[5*k:])
		case errors.Is(a.err, errNotAnswering):
			f.NotAnswering = true
		default:
			f.Error = clean(a.err.Error(), maxWhy)
		}
	}
}

// fill takes over an answer of statfs; there is room for 5 numbers.
func (f *FileSystem) fill(stat *unix.Statfs_t, room []uint64) {
	size := uint64(stat.Frsize)
	if size == 0 {
		size = uint64(stat.Bsize)
	}
	set := func(to **uint64, value uint64) {
		room[0], *to = value, &room[0]
		room = room[1:]
	}
	for _, v := range []struct {
		to     **uint64
		blocks uint64
	}{{&f.Total, stat.Blocks}, {&f.Free, stat.Bfree}, {&f.Available, stat.Bavail}} {
		// A program that serves a file system can answer anything.
		if high, bytes := bits.Mul64(v.blocks, size); high == 0 {
			set(v.to, bytes)
		}
	}
	if stat.Files > 0 {
		set(&f.Inodes, stat.Files)
		set(&f.InodesFree, stat.Ffree)
	}
}
