package history

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"dropwatch/internal/history/ring"
	"dropwatch/internal/lockfile"
	"dropwatch/internal/values"
)

// A Store is the directory of one agent, who alone writes to it. Its methods may
// be called concurrently.
type Store struct {
	path   string
	config Config
	lock   *os.File

	mu     sync.Mutex
	hosts  int
	open   openFiles
	counts Counts
	order  []ranked // of an Add
	list   []values.Value
}

// Counts are since the store was opened, but for the first two.
type Counts struct {
	Hosts   int    `json:"hosts"`    // that have a file
	Open    int    `json:"open"`     // files
	Updates uint64 `json:"updates"`  // that were written
	LeftOut uint64 `json:"left_out"` // values for which a file has no place
	Refused uint64 `json:"refused"`  // values that were not later than the one before
	Failed  uint64 `json:"failed"`   // updates that were not written
	Broken  uint64 `json:"broken"`   // files that were put aside
}

// ErrTooMany is for hosts beyond Config.MaxHosts.
var ErrTooMany = errors.New("too many hosts have a history")

// Open takes the directory, and makes it (mode 0755) if it is not there. While
// it is open another Open fails; a killed agent does not keep it.
func Open(path string, config Config) (*Store, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	if err := makeDir(path); err != nil {
		return nil, fmt.Errorf("open history: %w", err)
	}
	lock, err := lockfile.Take(path)
	if errors.Is(err, lockfile.ErrTaken) {
		return nil, fmt.Errorf("open history: %s: another agent writes to it: stop that one, or name another directory", path)
	}
	if err != nil {
		return nil, fmt.Errorf("open history: %w", err)
	}
	s := &Store{path: path, config: config.withDefaults(), lock: lock}
	s.open.most = s.config.MaxOpen
	entries, err := os.ReadDir(path)
	if err != nil {
		lock.Close()
		return nil, fmt.Errorf("open history: %w", err)
	}
	for _, e := range entries {
		if isHost(e.Name()) {
			s.hosts++
		} else if ring.Unfinished(e.Name()) {
			os.Remove(filepath.Join(path, e.Name())) // of a killed agent
		}
	}
	return s, nil
}

// makeDir leaves a directory that is there as it is.
func makeDir(path string) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(path, 0o755); err != nil {
		return err
	}
	return os.Chmod(path, 0o755) // whatever the umask is
}

// Close gives the directory back. The files stay.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(s.open.closeAll(), s.lock.Close())
}

// Counts tells what became of the values.
func (s *Store) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.counts
	c.Hosts, c.Open = s.hosts, s.open.count()
	return c
}

// ranked is a value with the number of its pattern.
type ranked struct{ value, rank int }

// kept finds the values that patterns name, in their order.
func (s *Store) kept(list []values.Value) []values.Value {
	s.order, s.list = s.order[:0], s.list[:0]
	for i := range list {
		if rank := matching(s.config.Keep, list[i].Key()); rank >= 0 {
			s.order = append(s.order, ranked{i, rank})
		}
	}
	slices.SortStableFunc(s.order, func(a, b ranked) int { return cmp.Compare(a.rank, b.rank) })
	for _, r := range s.order {
		s.list = append(s.list, list[r.value])
	}
	return s.list
}

// Add writes the values of a host that are kept. The id is of letters, digits
// and dashes. A file that is broken is put aside, and another begun. The errors
// are those of ring.File.Update, or wrap ErrTooMany.
func (s *Store) Add(id, name string, t time.Time, list []values.Value) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.kept(list)
	if len(kept) == 0 {
		return nil
	}
	f, err := s.file(id)
	if err == nil {
		err = s.update(f, name, t, kept)
	}
	if err != nil {
		s.counts.Failed++
		return fmt.Errorf("history of host %.64q: %w", id, err)
	}
	s.counts.Updates++
	return nil
}

// renameEvery bounds how often a name is written: that forces the file to the
// disk, and a host can call itself something else each second.
const renameEvery = time.Minute

func (s *Store) update(f *openFile, name string, t time.Time, list []values.Value) error {
	if _, now := f.Host(); now != name && time.Since(f.named) > renameEvery {
		f.named = time.Now()
		if err := f.SetName(name); err != nil {
			return err
		}
	}
	before := f.Counts()
	err := f.Update(t, list)
	after := f.Counts()
	s.counts.LeftOut += after.LeftOut - before.LeftOut
	s.counts.Refused += after.Refused - before.Refused
	return err
}

// file opens or makes the file of a host.
func (s *Store) file(id string) (*openFile, error) {
	if f := s.open.get(id); f != nil {
		return f, nil
	}
	if !validID(id) {
		return nil, errors.New("id is not of letters, digits and dashes")
	}
	path := filepath.Join(s.path, id+suffix)
	f, err := ring.Open(path)
	if errors.Is(err, ring.ErrBroken) {
		s.counts.Broken++
		if err := os.Rename(path, path+brokenSuffix); err != nil {
			return nil, err
		}
		s.hosts--
		err = fs.ErrNotExist
	}
	if errors.Is(err, fs.ErrNotExist) {
		if s.hosts >= s.config.MaxHosts {
			return nil, fmt.Errorf("%w: %d; remove files below %s or allow more", ErrTooMany, s.hosts, s.path)
		}
		if f, err = ring.Create(path, id, s.config.Shape); err == nil {
			s.hosts++
		}
	}
	if err != nil {
		return nil, err
	}
	return s.open.put(id, f), nil
}

// Expire removes the files of hosts without a value since a time, and those that
// were put aside before, and returns how many hosts there were.
func (s *Store) Expire(before time.Time) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	entries, err := os.ReadDir(s.path)
	if err != nil {
		return 0, fmt.Errorf("expire history: %w", err)
	}
	removed := 0
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), suffix+brokenSuffix) && old(e, before) {
			os.Remove(filepath.Join(s.path, e.Name()))
		}
		if !isHost(e.Name()) || !s.expired(e, before) {
			continue
		}
		s.open.forget(e.Name()[:len(e.Name())-len(suffix)])
		if err := os.Remove(filepath.Join(s.path, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return removed, fmt.Errorf("expire history: %w", err)
		}
		s.hosts--
		removed++
	}
	return removed, nil
}

// expired opens only files that were not written since.
func (s *Store) expired(e fs.DirEntry, before time.Time) bool {
	if !old(e, before) {
		return false
	}
	v, err := ring.Read(filepath.Join(s.path, e.Name()))
	if err != nil {
		return errors.Is(err, ring.ErrBroken)
	}
	defer v.Close()
	return v.Last().Before(before)
}

func old(e fs.DirEntry, before time.Time) bool {
	info, err := e.Info()
	return err == nil && info.ModTime().Before(before)
}
