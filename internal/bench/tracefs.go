package main

import (
	"fmt"

	"golang.org/x/sys/unix"
)

const tracefsDir = "/sys/kernel/tracing"

// mountTracefs makes sure that the tools find the tracepoints. The returned
// function undoes what was done.
func mountTracefs() (undo func() error, err error) {
	var stat unix.Statfs_t
	if err := unix.Statfs(tracefsDir, &stat); err == nil && int64(stat.Type) == unix.TRACEFS_MAGIC {
		return func() error { return nil }, nil
	}
	if err := unix.Mount("tracefs", tracefsDir, "tracefs", 0, ""); err != nil {
		return nil, fmt.Errorf("mount tracefs on %s: %w", tracefsDir, err)
	}
	return func() error {
		if err := unix.Unmount(tracefsDir, 0); err != nil {
			return fmt.Errorf("unmount %s: %w", tracefsDir, err)
		}
		return nil
	}, nil
}
