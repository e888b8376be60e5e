package statedir

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"dropwatch/internal/peer/identity"
)

// Bounds of what is read.
const (
	MaxFiles = 16384     // peers
	MaxBytes = 1 << 20   // of one file
	MaxTotal = 256 << 20 // of all files

	maxReaders = 8 // at once
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
	if len(names) > MaxFiles {
		problems = append(problems, tooMany(path, len(names)-MaxFiles))
		names = names[:MaxFiles]
	}
	left := 0
	for i, r := range readPeers(root, names) {
		switch {
		case errors.Is(r.err, fs.ErrNotExist): // expired meanwhile
		case errors.Is(r.err, errTotal):
			left++
		case r.err != nil:
			problems = append(problems, fmt.Errorf("read peer %s: %w", names[i], r.err))
		default:
			peers = append(peers, r.peer)
		}
	}
	if left > 0 {
		problems = append(problems, tooMany(path, left))
	}
	slices.SortFunc(peers, func(a, b *Peer) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), a.ID.Compare(b.ID))
	})
	return peers, problems, nil
}

func tooMany(path string, left int) error {
	return fmt.Errorf("read state directory: %s has more than is read: %d files are left out", path, left)
}

// errTotal is for a file that is one too many.
var errTotal = errors.New("all files together are too large")

// A result is what came of a file.
type result struct {
	peer *Peer
	err  error
}

// readPeers reads files, several at once: most of the time goes into decoding.
func readPeers(root *os.Root, names []string) []result {
	results := make([]result, len(names))
	var next, total atomic.Int64
	var readers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), maxReaders) {
		readers.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(names) {
					return
				}
				if total.Load() > MaxTotal {
					results[i].err = errTotal
					continue
				}
				p, size, err := readPeer(root, names[i])
				total.Add(int64(size))
				results[i] = result{p, err}
			}
		})
	}
	readers.Wait()
	return results
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
	_, err := peerOf(name)
	return err == nil
}

// peerOf takes the name of the file of a peer apart.
func peerOf(name string) (identity.ID, error) {
	id, ok := strings.CutSuffix(name, suffix)
	if !ok {
		return identity.ID{}, errors.New("no file of a peer")
	}
	return identity.ParseID(id)
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
