package tracefs

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// find returns where tracefs is mounted.
func find() (string, error) {
	const usual, old = "/sys/kernel/tracing", "/sys/kernel/debug/tracing"
	for _, dir := range []string{usual, old} {
		if mounted(dir) {
			return dir, nil
		}
	}
	if _, err := os.Stat(usual); errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("find tracefs: %w: there is no %s: a kernel with CONFIG_TRACING is needed, and sysfs", errors.ErrUnsupported, usual)
	}
	return "", fmt.Errorf("find tracefs: it is not mounted: run as root: mount -t tracefs tracefs %s", usual)
}

// mounted tells whether tracefs is mounted on a directory, and mounts it where
// the kernel does so by itself, below debugfs.
func mounted(dir string) bool {
	var stat unix.Statfs_t
	err := unix.Statfs(dir, &stat)
	return err == nil && int64(stat.Type) == unix.TRACEFS_MAGIC
}
