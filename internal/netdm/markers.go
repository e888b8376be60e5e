package netdm

import (
	"errors"
	"os"
	"path/filepath"
)

// The halves of the monitor, which can be on for different processes.
const (
	softwareHalf = iota
	hardwareHalf
	halves
)

// markers are those of the two halves.
type markers struct {
	directory string
	boot      string
	held      [halves]*marker
	stale     [halves]*record // what a held marker said when its owner was dead
}

func newMarkers(directory string) (*markers, error) {
	if directory == "" {
		var err error
		if directory, err = runtimeDirectory(os.Geteuid(), os.Getenv); err != nil {
			return nil, err
		}
	}
	return &markers{directory: directory, boot: bootID()}, nil
}

func (m *markers) path(half int) string {
	return filepath.Join(m.directory, [...]string{"netdm-software", "netdm-hardware"}[half])
}

// claim locks all markers that it can. The error is errHeld if the owner of one
// is alive. Without create, it is no error that there is none.
func (m *markers) claim(create bool) error {
	if create {
		if err := os.MkdirAll(m.directory, 0o755); err != nil {
			return err
		}
	}
	var errs []error
	for half := range m.held {
		if m.held[half] != nil {
			continue
		}
		claimed, err := claimMarker(m.path(half), create)
		switch {
		case err == nil:
			m.held[half] = claimed
			if old, ok := claimed.read(m.boot); ok {
				m.stale[half] = &old
			}
		case create || !errors.Is(err, os.ErrNotExist):
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// seize takes all markers, also those of the living, who will notice.
func (m *markers) seize() error {
	err := m.claim(true)
	if !errors.Is(err, errHeld) {
		return err
	}
	for half := range m.held {
		if m.held[half] != nil {
			continue
		}
		m.held[half] = &marker{path: m.path(half)}
		if old, ok := readMarker(m.path(half), m.boot); ok {
			m.stale[half] = &old
		}
	}
	return nil
}

// left returns what the dead have left on, and a record with the settings; nil
// if there is nothing.
func (m *markers) left() (software, hardware bool, last *record) {
	for _, r := range m.stale {
		if r == nil {
			continue
		}
		software, hardware = software || r.Software, hardware || r.Hardware
		// The one that has changed the settings knows the first ones.
		if last == nil || last.Before == last.After {
			last = r
		}
	}
	return software, hardware, last
}

// write says that this process has started what the record says. Markers that
// are not needed go.
func (m *markers) write(r record) error {
	var errs []error
	for half, wanted := range [halves]bool{r.Software, r.Hardware} {
		switch {
		case m.held[half] == nil:
		case wanted:
			errs = append(errs, m.held[half].write(r))
		default:
			errs = append(errs, m.held[half].remove())
			m.held[half] = nil
		}
		m.stale[half] = nil
	}
	return errors.Join(errs...)
}

// complete tells whether a marker is there for all that was started.
func (m *markers) complete(software, hardware bool) bool {
	for half, wanted := range [halves]bool{software, hardware} {
		if wanted && m.held[half] == nil {
			return false
		}
	}
	return true
}

// lost tells whether another process has put its marker in place of ours: it
// has taken the monitor over.
func (m *markers) lost() bool {
	for _, held := range m.held {
		if held != nil && !held.current() {
			return true
		}
	}
	return false
}

// leave lets the markers of the dead be as they are, and removes the others.
func (m *markers) leave() error {
	var errs []error
	for half, held := range m.held {
		switch {
		case held == nil:
		case m.stale[half] != nil:
			held.leave()
		default:
			errs = append(errs, held.remove())
		}
		m.held[half], m.stale[half] = nil, nil
	}
	return errors.Join(errs...)
}
