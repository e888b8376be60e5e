package agent

import (
	"errors"
	"fmt"
	"os"

	"dropwatch/internal/lockfile"
)

// claim takes a directory of an identity until the file is closed, or the agent is
// killed. Of two agents with one identity each would be taken for the replay of
// the other.
func claim(path string) (*os.File, error) {
	file, err := lockfile.Take(path)
	if errors.Is(err, lockfile.ErrTaken) {
		return nil, fmt.Errorf("take identity %s: another agent runs with it: stop that one, or name another directory (state.identity)", path)
	}
	if err != nil {
		return nil, fmt.Errorf("take identity: %w", err)
	}
	return file, nil
}
