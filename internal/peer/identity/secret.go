package identity

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// maxSecret bounds what is read of a file that should be small.
const maxSecret = 4 << 10

// makeDir creates the directory of secrets, or checks that nobody else can
// replace files in it. Others may pass through, to what is below it and no secret;
// the secret files are for their owner only.
func makeDir(path string) error {
	if err := os.MkdirAll(path, 0o711); err != nil {
		return fmt.Errorf("create directory of the host key: %w", err)
	}
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return fmt.Errorf("check directory of the host key: stat %s: %w", path, err)
	}
	return checkDir(path, &st)
}

func checkDir(path string, st *unix.Stat_t) error {
	if err := checkClosed(path, st); err != nil {
		return err
	}
	return checkOwner(path, st.Uid)
}

func checkClosed(path string, st *unix.Stat_t) error {
	if st.Mode&0o022 != 0 {
		return fmt.Errorf("check directory of the host key: others can write to %s: chmod 700 %s", path, path)
	}
	return nil
}

// readSecret reads a file that nobody but us may read. What is no secret any
// more is not used.
func readSecret(path string) ([]byte, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("read host key: %w", err)
	}
	defer file.Close()
	var st unix.Stat_t
	if err := unix.Fstat(int(file.Fd()), &st); err != nil {
		return nil, fmt.Errorf("read host key: stat %s: %w", path, err)
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return nil, fmt.Errorf("read host key: %s is no regular file", path)
	}
	if st.Mode&0o077 != 0 {
		return nil, fmt.Errorf("read host key: others can read %s (mode %04o): chmod 600 %s, or remove it to get a new identity", path, st.Mode&0o7777, path)
	}
	if err := checkOwner(path, st.Uid); err != nil {
		return nil, err
	}
	if st.Size > maxSecret {
		return nil, fmt.Errorf("read host key: %s has %d bytes, that is no key", path, st.Size)
	}
	data := make([]byte, st.Size)
	if _, err := file.ReadAt(data, 0); err != nil {
		return nil, fmt.Errorf("read host key: %w", err)
	}
	return data, nil
}

func checkOwner(path string, owner uint32) error {
	if self := os.Geteuid(); owner != uint32(self) {
		return fmt.Errorf("check owner: %s belongs to user %d and this is user %d: chown %d %s", path, owner, self, self, path)
	}
	return nil
}

func missing(err error) bool { return errors.Is(err, fs.ErrNotExist) }
