package scenario

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// namespaceDir is where the ip program keeps named namespaces.
const namespaceDir = "/run/netns"

// newNamespace makes a namespace that the ip program knows by name, and has
// prepare run inside before anybody else can see it. The error is
// [os.ErrExist] if the name is taken.
func newNamespace(name string, prepare func() error) (*os.File, error) {
	place := filepath.Join(namespaceDir, name)
	file, err := os.OpenFile(place, os.O_RDONLY|os.O_CREATE|os.O_EXCL, 0)
	if err != nil {
		return nil, fmt.Errorf("make namespace: %w", err)
	}
	if err := file.Close(); err != nil {
		return nil, err
	}
	err = inScratch(func() error {
		if err := prepare(); err != nil {
			return err
		}
		if err := unix.Mount(ownNamespace, place, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("mount namespace: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(err, os.Remove(place))
	}
	if file, err = os.Open(place); err != nil {
		return nil, errors.Join(err, removeNamespace(name))
	}
	return file, nil
}

// removeNamespace takes a name away. The namespace goes when its last user does.
func removeNamespace(name string) error {
	place := filepath.Join(namespaceDir, name)
	if err := unix.Unmount(place, unix.MNT_DETACH); err != nil {
		return fmt.Errorf("unmount namespace %s: %w", name, err)
	}
	return os.Remove(place)
}

// shareNamespaces makes the directory of names a mount of its own that other
// mount namespaces share, as the ip program does: when it does so later, it
// would cover the names that are there.
func shareNamespaces() error {
	if err := os.MkdirAll(namespaceDir, 0o755); err != nil {
		return fmt.Errorf("make directory of namespaces: %w", err)
	}
	dir, err := os.Open(namespaceDir)
	if err != nil {
		return fmt.Errorf("open directory of namespaces: %w", err)
	}
	defer dir.Close()
	// the ip program takes the same lock
	if err := unix.Flock(int(dir.Fd()), unix.LOCK_EX); err != nil {
		return fmt.Errorf("lock directory of namespaces: %w", err)
	}
	share := func() error { return unix.Mount("", namespaceDir, "none", unix.MS_SHARED|unix.MS_REC, "") }
	err = share()
	if errors.Is(err, unix.EINVAL) { // it is no mount yet
		if err = unix.Mount(namespaceDir, namespaceDir, "none", unix.MS_BIND|unix.MS_REC, ""); err == nil {
			err = share()
		}
	}
	if err != nil {
		return fmt.Errorf("share directory of namespaces: %w", err)
	}
	return nil
}

// inodeOf is the number by which the kernel shows a namespace.
func inodeOf(file *os.File) (uint32, error) {
	var stat unix.Stat_t
	if err := unix.Fstat(int(file.Fd()), &stat); err != nil {
		return 0, fmt.Errorf("stat namespace: %w", err)
	}
	return uint32(stat.Ino), nil
}
