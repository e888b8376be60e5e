package vmtest

import (
	"fmt"
	"os"
	"path/filepath"
)

// addFile copies a file of the host, with its permissions.
func addFile(a *archive, f File) error {
	info, err := os.Stat(f.Host)
	if err != nil {
		return fmt.Errorf("copy to guest: %w", err)
	}
	data, err := os.ReadFile(f.Host)
	if err != nil {
		return fmt.Errorf("copy to guest: %w", err)
	}
	a.file(f.Guest, info.Mode(), data)
	return nil
}

// addSame copies a file to the same place in the guest, where directories of
// the host that are symbolic links are followed: the guest has a layout of its
// own for /bin and /lib.
func addSame(a *archive, name string) error {
	place, err := filepath.EvalSymlinks(filepath.Dir(name))
	if err != nil {
		return fmt.Errorf("copy to guest: %w", err)
	}
	return addFile(a, File{name, filepath.Join(place, filepath.Base(name))})
}

// addTree copies a file or a directory with all that is below it.
func addTree(a *archive, f File) error {
	info, err := os.Stat(f.Host)
	if err != nil {
		return fmt.Errorf("copy to guest: %w", err)
	}
	if !info.IsDir() {
		return addFile(a, f)
	}
	a.directory(f.Guest, 0o755)
	return filepath.WalkDir(f.Host, func(name string, entry os.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("copy to guest: %w", err)
		}
		below, err := filepath.Rel(f.Host, name)
		if err != nil || entry.IsDir() {
			return err
		}
		return addFile(a, File{name, filepath.Join(f.Guest, below)})
	})
}
