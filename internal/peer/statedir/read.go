package statedir

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"dropwatch/internal/peer/identity"
)

// Bounds of what is read.
const (
	MaxFiles = 16384     // peers
	MaxBytes = 1 << 20   // of one file
	MaxTotal = 256 << 20 // of all files
)

// ReadAll reads all peers of a directory, by name. It needs no privileges and
// no agent, and takes no lock. A file that is broken or in the way is skipped
// and told in problems; err is for a directory that cannot be read, and wraps
// fs.ErrNotExist if there is none.
func ReadAll(path string) (peers []*Peer, problems []error, err error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, nil, fmt.Errorf("read state directory: %w", err)
	}
	defer root.Close()
	names, err := list(root)
	if err != nil {
		return nil, nil, fmt.Errorf("read state directory: %w", err)
	}
	total := 0
	for i, name := range names {
		if i == MaxFiles || total > MaxTotal {
			problems = append(problems, fmt.Errorf("read state directory: %s has more than is read: %d files are left out", path, len(names)-i))
			break
		}
		p, size, err := readPeer(root, name)
		total += size
		switch {
		case errors.Is(err, fs.ErrNotExist): // expired meanwhile
		case err != nil:
			problems = append(problems, fmt.Errorf("read peer %s: %w", name, err))
		default:
			peers = append(peers, p)
		}
	}
	slices.SortFunc(peers, func(a, b *Peer) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), a.ID.Compare(b.ID))
	})
	return peers, problems, nil
}

// list returns the names of the files of peers, and not more than is needed to
// know that there are too many.
func list(root *os.Root) ([]string, error) {
	dir, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	var names []string
	for len(names) <= 2*MaxFiles {
		some, err := dir.Readdirnames(1024)
		for _, name := range some {
			if isPeer(name) {
				names = append(names, name)
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(names)
	return names, nil
}

// isPeer tells whether a file is named as Write names it.
func isPeer(name string) bool {
	id, ok := strings.CutSuffix(name, suffix)
	if !ok {
		return false
	}
	_, err := identity.ParseID(id)
	return err == nil
}

// readPeer reads one file, and does not wait for what is no file.
func readPeer(root *os.Root, name string) (*Peer, int, error) {
	file, err := root.OpenFile(name, os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW, 0)
	if err != nil {
		return nil, 0, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, errors.New("no regular file")
	}
	if info.Size() > MaxBytes {
		return nil, 0, fmt.Errorf("%d bytes, at most %d are read", info.Size(), MaxBytes)
	}
	data := make([]byte, info.Size())
	n, err := io.ReadFull(file, data)
	if err != nil {
		return nil, n, err
	}
	p, err := parse(data)
	if err == nil && fileName(p.ID) != name {
		err = errors.New("holds another peer")
	}
	return p, n, err
}
