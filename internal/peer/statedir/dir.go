package statedir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"dropwatch/internal/lockfile"
	"dropwatch/internal/peer/identity"
)

const (
	// suffix of the file of a peer; its name is the id, which holds only
	// letters, digits and a dash, whatever the peer is called.
	suffix = ".json"
	// tempPrefix of a file that is not complete.
	tempPrefix = ".new-"
)

// A Dir is the directory of one agent, who alone writes to it. Its methods may
// be called concurrently.
type Dir struct {
	path string
	lock *os.File
	root *os.Root

	mu   sync.Mutex
	temp uint64

	past   sync.Mutex
	memory memory // of drops
}

// Open takes the directory, makes it (mode 0755) if it is not there, and
// removes what a killed writer left unfinished. While it is open another Open
// fails, and a killed agent does not keep it.
func Open(path string) (*Dir, error) {
	if err := makeDir(path); err != nil {
		return nil, fmt.Errorf("create state directory: %w", err)
	}
	d, err := openDir(path)
	if err != nil {
		return nil, fmt.Errorf("open state directory: %w", err)
	}
	return d, nil
}

// makeDir makes the directory and those above it, open to readers whatever the
// umask is. Those that are there stay as they are.
func makeDir(path string) error {
	err := os.Mkdir(path, 0o755)
	if errors.Is(err, fs.ErrNotExist) && filepath.Dir(path) != path {
		if err := makeDir(filepath.Dir(path)); err != nil {
			return err
		}
		err = os.Mkdir(path, 0o755)
	}
	switch {
	case err == nil:
		return os.Chmod(path, 0o755)
	case errors.Is(err, fs.ErrExist):
		return nil
	}
	return err
}

func openDir(path string) (*Dir, error) {
	lock, err := lockfile.Take(path)
	if errors.Is(err, lockfile.ErrTaken) {
		return nil, fmt.Errorf("%s: another agent writes to it: stop that one, or name another directory", path)
	}
	if err != nil {
		return nil, err
	}
	d := &Dir{path: path, lock: lock}
	if d.root, err = os.OpenRoot(path); err != nil {
		lock.Close()
		return nil, err
	}
	if err := d.removeTemps(); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// Close gives the directory back. The files stay.
func (d *Dir) Close() error { return errors.Join(d.root.Close(), d.lock.Close()) }

func (d *Dir) removeTemps() error {
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), tempPrefix) {
			if err := d.root.Remove(entry.Name()); err != nil {
				return err
			}
		}
	}
	return nil
}

func fileName(id identity.ID) string { return id.String() + suffix }

// Write replaces the file of a peer. A reader sees the old one or the new one.
// When it fails, as on a full disk or for a document over MaxBytes, the old one
// stays.
func (d *Dir) Write(p *Peer) error {
	if p.ID.IsZero() {
		return errors.New("write peer: no host id")
	}
	data, err := format(p)
	if err != nil {
		return fmt.Errorf("write peer %s: %w", p.ID, err)
	}
	if len(data) > MaxBytes {
		return fmt.Errorf("write peer %s: document has %d bytes, at most %d are read", p.ID, len(data), MaxBytes)
	}
	d.mu.Lock()
	d.temp++
	temp := tempPrefix + strconv.FormatUint(d.temp, 10)
	d.mu.Unlock()
	err = d.fill(temp, data)
	if err == nil {
		err = d.root.Rename(temp, fileName(p.ID))
	}
	if err != nil {
		d.root.Remove(temp)
		return fmt.Errorf("write peer: %s: %w", d.path, err)
	}
	return nil
}

func (d *Dir) fill(name string, data []byte) error {
	file, err := d.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Chmod(0o644) // whatever the umask is
	}
	if e := file.Close(); err == nil {
		err = e
	}
	return err
}

// Remove forgets a peer and its drops. One that is not there is no error.
func (d *Dir) Remove(id identity.ID) error {
	if err := d.removeDrops(id); err != nil {
		return fmt.Errorf("remove peer: %w", err)
	}
	if err := d.root.Remove(fileName(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove peer: %w", err)
	}
	return nil
}
