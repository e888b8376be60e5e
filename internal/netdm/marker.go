package netdm

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// A marker is a file that says: the monitor is on because of this process. The
// process holds its lock, which the kernel frees when the process dies, however
// that happens; a marker without a lock was left by a crash.
type marker struct {
	path string
	file *os.File // locked; nil until something is written
}

// A record is what a marker says.
type record struct {
	PID      int
	Boot     string // the monitor does not survive a boot
	Software bool   // what was started
	Hardware bool
	Before   Settings // in force before, and to be restored
	After    Settings // in force while it runs
}

// errHeld says that the owner of a marker is alive.
var errHeld = errors.New("another process has it")

// maxRecord bounds what is read of a marker, in bytes.
const maxRecord = 4096

// claimMarker locks a marker. Without create the error wraps os.ErrNotExist if
// there is none; it is errHeld if its owner is alive.
func claimMarker(path string, create bool) (*marker, error) {
	flags := os.O_RDWR | unix.O_NOFOLLOW
	if create {
		flags |= os.O_CREATE
	}
	// Each time the file at hand has been replaced or removed by its owner.
	for range 100 {
		file, err := os.OpenFile(path, flags, 0o600)
		if err != nil {
			return nil, err
		}
		m := &marker{path: path, file: file}
		if err := lock(file); err != nil {
			return nil, errors.Join(err, file.Close())
		}
		if m.current() {
			return m, nil
		}
		m.leave()
	}
	return nil, errHeld
}

func lock(file *os.File) error {
	err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return errHeld
	}
	if err != nil {
		return fmt.Errorf("lock %s: %w", file.Name(), err)
	}
	return nil
}

// current tells whether the file at the marker's place is the one that is
// locked. Who takes the monitor over puts another one there.
func (m *marker) current() bool {
	if m.file == nil {
		return false
	}
	here, err := m.file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(m.path)
	return err == nil && os.SameFile(here, there)
}

// read returns what the marker says; nothing if that is no record of this boot.
func (m *marker) read(boot string) (record, bool) {
	text, err := io.ReadAll(io.NewSectionReader(m.file, 0, maxRecord+1))
	if err != nil {
		return record{}, false
	}
	r, err := decodeRecord(text)
	return r, err == nil && boot != "" && r.Boot == boot
}

// readMarker reads a marker that another process may have.
func readMarker(path, boot string) (record, bool) {
	file, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW, 0)
	if err != nil {
		return record{}, false
	}
	defer file.Close()
	m := marker{path: path, file: file}
	return m.read(boot)
}

func decodeRecord(text []byte) (record, error) {
	var r record
	if len(text) > maxRecord {
		return r, errors.New("decode marker: it is too long")
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return record{}, fmt.Errorf("decode marker: %w", err)
	}
	if !r.Software && !r.Hardware || r.Before.Mode > Packets || r.After.Mode > Packets {
		return record{}, errors.New("decode marker: it says nothing of use")
	}
	return r, nil
}

// write puts a new file in the marker's place, locked before it is there.
func (m *marker) write(r record) (err error) {
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode marker: %w", err)
	}
	file, err := os.CreateTemp(filepath.Dir(m.path), "."+filepath.Base(m.path)+"-") // mode 0600
	if err != nil {
		return err
	}
	if err = lock(file); err == nil {
		_, err = file.Write(text)
	}
	if err == nil {
		err = os.Rename(file.Name(), m.path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()), file.Close())
	}
	m.leave()
	m.file = file
	return nil
}

// leave frees the lock and lets the file be.
func (m *marker) leave() {
	if m.file != nil {
		_ = m.file.Close() // nothing is written through it any more
		m.file = nil
	}
}

// remove takes the marker away, unless another process has replaced it.
func (m *marker) remove() error {
	defer m.leave()
	if !m.current() {
		return nil
	}
	if err := os.Remove(m.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// runtimeDirectory is where markers are, for this user.
func runtimeDirectory(user int, environment func(string) string) (string, error) {
	// A service of systemd may have several.
	own, _, _ := strings.Cut(environment("RUNTIME_DIRECTORY"), ":")
	session := environment("XDG_RUNTIME_DIR")
	switch {
	case filepath.IsAbs(own):
		return own, nil
	case user == 0:
		return "/run/dropwatch", nil
	case filepath.IsAbs(session):
		return filepath.Join(session, "dropwatch"), nil
	}
	return "", errors.New("no runtime directory: XDG_RUNTIME_DIR is not set")
}

// bootID tells this boot from all others; empty if that is not known.
func bootID() string {
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}
