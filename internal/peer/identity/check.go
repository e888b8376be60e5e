package identity

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Check finds what would have LoadOrCreate or NextEpoch fail at a directory that is
// there, and changes nothing. It does not ask who owns it if root asks, who may do
// so for another user. A directory that is missing is no error.
func Check(dir string) error {
	var st unix.Stat_t
	err := unix.Stat(dir, &st)
	switch {
	case missing(err):
		return nil
	case err != nil:
		return fmt.Errorf("check directory of the host key: stat %s: %w", dir, err)
	case st.Mode&unix.S_IFMT != unix.S_IFDIR:
		return fmt.Errorf("check directory of the host key: %s is no directory", dir)
	}
	own := os.Geteuid() != 0 || st.Uid == 0
	if own {
		err = checkDir(dir, &st)
	} else {
		err = checkClosed(dir, &st)
	}
	if err != nil {
		return err
	}
	if !own { // then the key is not ours either
		return nil
	}
	_, err = loadKey(filepath.Join(dir, keyFile))
	if missing(err) {
		err = nil
	}
	_, epoch := readEpoch(filepath.Join(dir, epochFile))
	return errors.Join(err, epoch)
}

// CheckKnown finds what would have OpenKnown fail, and changes nothing.
func CheckKnown(path string) error {
	k := &Known{path: path, hosts: map[ID]Host{}, names: map[string]ID{}}
	return k.load()
}
