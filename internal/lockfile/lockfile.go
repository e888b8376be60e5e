// Package lockfile lets one process write to a directory at a time.
package lockfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Name is that of the file in the directory. It stays there.
const Name = ".lock"

// ErrTaken tells that another process has the directory.
var ErrTaken = errors.New("another process writes to it")

// Take takes a directory until the file is closed, or the process is killed. It
// does not wait: the error wraps ErrTaken if another one has it. The lock is on a
// file that only its owner can open, since whoever can open what is locked can lock
// it too.
func Take(dir string) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(dir, Name), os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock directory: %w", err)
	}
	err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == nil {
		return file, nil
	}
	if errors.Is(err, unix.EWOULDBLOCK) {
		err = ErrTaken
	}
	return nil, errors.Join(fmt.Errorf("lock %s: %w", dir, err), file.Close())
}
