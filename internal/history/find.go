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
	"time"

	"dropwatch/internal/history/ring"
)

const (
	// suffix of the file of a host; its name is the id, whatever the host is
	// called.
	suffix       = ".ring"
	brokenSuffix = ".broken"
	// maxHosts bounds how many are looked at.
	maxHosts = 65536
)

func validID(id string) bool {
	for i := range len(id) {
		c := id[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return id != "" && len(id) <= 64
}

func isHost(file string) bool {
	id, ok := strings.CutSuffix(file, suffix)
	return ok && validID(id)
}

// A Host has a history.
type Host struct {
	ID   string
	Name string
	Path string    // of the file
	Last time.Time // of the last value
}

// List returns the hosts of a directory by name. It needs no privileges and
// takes no lock. Files that are broken are told in problems; err is for a
// directory that cannot be read, and wraps fs.ErrNotExist if there is none.
func List(dir string) (hosts []Host, problems []error, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("list history: %w", err)
	}
	for i, e := range entries {
		if i == maxHosts {
			problems = append(problems, fmt.Errorf("list history: %s has %d files more than are looked at", dir, len(entries)-i))
			break
		}
		if !isHost(e.Name()) {
			continue
		}
		h, err := hostOf(filepath.Join(dir, e.Name()))
		switch {
		case errors.Is(err, fs.ErrNotExist): // expired meanwhile
		case err != nil:
			problems = append(problems, err)
		default:
			hosts = append(hosts, h)
		}
	}
	slices.SortFunc(hosts, func(a, b Host) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return hosts, problems, nil
}

func hostOf(path string) (Host, error) {
	v, err := ring.Read(path)
	if err != nil {
		return Host{}, err
	}
	defer v.Close()
	_, name := v.Host()
	return Host{strings.TrimSuffix(filepath.Base(path), suffix), name, path, v.Last()}, nil
}

// Find returns the host that has an id, or alone has a name. The error wraps
// fs.ErrNotExist if there is none.
func Find(dir, nameOrID string) (Host, error) {
	if validID(nameOrID) {
		h, err := hostOf(filepath.Join(dir, nameOrID+suffix))
		if !errors.Is(err, fs.ErrNotExist) {
			return h, err
		}
	}
	hosts, problems, err := List(dir)
	if err != nil {
		return Host{}, err
	}
	var found []Host
	var ids []string
	for _, h := range hosts {
		if h.Name == nameOrID {
			found, ids = append(found, h), append(ids, h.ID)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return Host{}, fmt.Errorf("find history: %d hosts are called %.64q: name one by its id: %s", len(found), nameOrID, strings.Join(ids, ", "))
	}
	err = fmt.Errorf("find history: host %.64q has none in %s: %w", nameOrID, dir, fs.ErrNotExist)
	return Host{}, errors.Join(append([]error{err}, problems...)...)
}
