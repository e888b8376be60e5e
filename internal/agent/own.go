package agent

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// claim takes a directory of an identity until the file is closed, or the agent is
// killed. Of two agents with one identity each would be taken for the replay of
// the other.
func claim(path string) (*os.File, error) {
	dir, err := os.OpenFile(path, os.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, fmt.Errorf("take identity: %w", err)
	}
	err = unix.Flock(int(dir.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == nil {
		return dir, nil
	}
	if errors.Is(err, unix.EWOULDBLOCK) {
		err = errors.New("another agent runs with it: stop that one, or name another directory (state.identity)")
	}
	return nil, errors.Join(fmt.Errorf("take identity %s: %w", path, err), dir.Close())
}
