package ring

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"dropwatch/internal/peer/record"
)

// maxTime is the last time that can be kept: the year 2200.
const maxTime = 7258118400 * int64(time.Second)

// A File is the history of one host, for its only writer. It is not for
// concurrent use; readers use Read.
type File struct {
	file   *os.File
	path   string
	config Config
	layout layout
	clock  clockwork
	names  names
	state  state
	index  map[string]int // slots by key

	// What an update works on, so that one that fails leaves no trace.
	next    state
	block   []byte
	slots   []int  // of the values
	key     []byte // of one of them
	pending []pending
	spare   [][]byte
}

// Create makes a file, of mode 0644, and takes it as Open does. It fails with
// fs.ErrExist if there is one. A file is there whole or not at all. It is of the
// host with the id, which is at most 64 bytes.
func Create(path, id string, config Config) (*File, error) {
	config = config.withDefaults()
	if err := config.validate(); err != nil {
		return nil, fmt.Errorf("create history: %w", err)
	}
	if len(id) > maxIDBytes {
		return nil, fmt.Errorf("create history: id of %d bytes, at most %d are kept", len(id), maxIDBytes)
	}
	temp, err := os.CreateTemp(filepath.Dir(path), tempPrefix)
	if err != nil {
		return nil, fmt.Errorf("create history: %w", err)
	}
	defer os.Remove(temp.Name()) // its link stays
	err = errors.Join(fill(temp, id, &config), temp.Close())
	if err == nil {
		err = os.Link(temp.Name(), path)
	}
	if err != nil {
		return nil, fmt.Errorf("create history: %s: %w", path, err)
	}
	return Open(path)
}

// tempPrefix is of files that are not complete.
const tempPrefix = ".new-"

// Unfinished tells whether a file is one that Create was killed over, by its
// name.
func Unfinished(name string) bool { return strings.HasPrefix(name, tempPrefix) }

// fill writes all that a file has before there are values.
func fill(file *os.File, id string, c *Config) error {
	l := layoutOf(*c)
	names, state := newNames(c), newState(c)
	names.id = id
	block := make([]byte, l.stateLen)
	encodeState(block, &state)
	err := file.Truncate(l.size)
	if err == nil {
		err = allocate(file, l.head())
	}
	for _, b := range []struct {
		data []byte
		at   int64
	}{{encodeShape(c), 0}, {encodeNames(&names, &l), l.names[0]}, {block, l.state[0]}} {
		if err == nil {
			_, err = file.WriteAt(b.data, b.at)
		}
	}
	if err == nil {
		err = file.Chmod(0o644) // whatever the umask is
	}
	if err == nil {
		err = file.Sync()
	}
	return err
}

// allocate takes room for the head, so that a full disk does not hinder writing
// the state. Some file systems cannot.
func allocate(file *os.File, n int64) error {
	err := unix.Fallocate(int(file.Fd()), 0, 0, n)
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOSYS) {
		return nil
	}
	return err
}

// Open opens a file, which keeps the shape it was made with. One process may have it
// open at a time; whose directory it is sees to that, as package lockfile does: a
// lock of the file itself could be taken by whoever may read it. The error wraps
// fs.ErrNotExist if there is none, and ErrBroken if it is no such file.
func Open(path string) (*File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|unix.O_NOFOLLOW, 0)
	if err != nil {
		return nil, fmt.Errorf("open history: %w", err)
	}
	h, err := readHead(file, tries)
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("open history: %s: %w", path, err)
	}
	f := &File{
		file: file, path: path, config: h.config, layout: h.layout, names: h.names, state: h.state,
		next: newState(&h.config), block: make([]byte, h.layout.stateLen),
	}
	f.clock, f.index = newClockwork(&f.config), f.names.index()
	return f, nil
}

// Close gives the file back. It is not forced to the disk.
func (f *File) Close() error { return f.file.Close() }

// Config is the shape that the file was made with.
func (f *File) Config() Config { return f.config }

// Counts are since the file was made.
func (f *File) Counts() Counts { return f.state.counts }

// Host is what the file is of.
func (f *File) Host() (id, name string) { return f.names.id, f.names.host }

// SetName sets the name of the host, of which 255 bytes are kept.
func (f *File) SetName(name string) error {
	name = record.CleanText(name, maxNameBytes)
	if name == f.names.host {
		return nil
	}
	next := f.names
	next.host = name
	if err := f.writeNames(&next); err != nil {
		return fmt.Errorf("write history: %w", err)
	}
	f.next.set(&f.state)
	return f.commit()
}
