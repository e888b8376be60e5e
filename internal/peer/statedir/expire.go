package statedir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// Expire removes the peers not heard of since a time with their drops, and broken
// files that are older, and returns how many it removed. Only files not written
// since are opened.
func (d *Dir) Expire(before time.Time) (int, error) {
	removed := 0
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return 0, fmt.Errorf("expire peers: %w", err)
	}
	there := make(map[string]bool, len(entries))
	for _, entry := range entries {
		there[entry.Name()] = true
	}
	for _, entry := range entries {
		gone, err := d.expireFile(entry, before, there)
		if err != nil {
			return removed, fmt.Errorf("expire peers: %w", err)
		}
		if gone {
			removed++
		}
	}
	return removed, nil
}

// expireFile tells whether it removed a peer.
func (d *Dir) expireFile(entry fs.DirEntry, before time.Time, there map[string]bool) (bool, error) {
	if id, err := peerOf(entry.Name()); err == nil {
		if !d.expired(entry, before) {
			return false, nil
		}
		if err := d.removeDrops(id); err != nil {
			return false, err
		}
		if err := d.root.Remove(entry.Name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false, err
		}
		return true, nil
	}
	id, _, ok := dropsOf(entry.Name())
	if !ok || there[fileName(id)] {
		return false, nil
	}
	// the drops of nobody, as a killed agent can leave them
	info, err := entry.Info()
	if err != nil || !info.ModTime().Before(before) {
		return false, nil
	}
	return false, d.removeDrops(id)
}

func (d *Dir) expired(entry fs.DirEntry, before time.Time) bool {
	info, err := entry.Info()
	if err != nil || !info.ModTime().Before(before) {
		return false
	}
	p, _, err := readPeer(d.root, entry.Name())
	return err != nil || p.Last.Before(before)
}
