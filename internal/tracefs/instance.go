package tracefs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

const proc = "/proc"

// maxInstances is how many sources one process may have open.
const maxInstances = 1000

// makeInstance makes a trace instance below the tracefs at root and returns
// its directory.
func makeInstance(root string) (string, error) {
	instances := filepath.Join(root, "instances")
	removeStale(instances)
	start, err := startOf(proc, os.Getpid())
	if err != nil {
		return "", err
	}
	n := name{pid: os.Getpid(), start: start}
	for ; n.number < maxInstances; n.number++ {
		dir := filepath.Join(instances, n.String())
		err := os.Mkdir(dir, 0o700)
		if errors.Is(err, os.ErrNotExist) {
			return "", fmt.Errorf("make trace instance: %w: this kernel has none", errors.ErrUnsupported)
		}
		if !errors.Is(err, os.ErrExist) {
			return dir, refusedOrNil("make trace instance", err)
		}
	}
	return "", fmt.Errorf("make trace instance: this process has %d already", maxInstances)
}

func refusedOrNil(what string, err error) error {
	if err == nil {
		return nil
	}
	return refused(what, err)
}

// removeStale removes what killed processes left behind. It is a favour:
// errors are no reason to refuse work. The kernel itself refuses to remove an
// instance with open files, so one of a process that we cannot see, in another
// PID namespace, is safe.
func removeStale(instances string) {
	entries, err := os.ReadDir(instances)
	if err != nil {
		return
	}
	for _, e := range entries {
		if n, ours := parseName(e.Name()); ours && !n.alive(proc) {
			_ = unix.Rmdir(filepath.Join(instances, e.Name()))
		}
	}
}

// event is the directory of the tracepoint below an instance.
const event = "events/skb/kfree_skb"

// set writes a setting of an instance.
func set(dir, file, value string) error {
	f, err := os.OpenFile(filepath.Join(dir, file), os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteString(value)
		err = errors.Join(err, f.Close())
	}
	return refusedOrNil(fmt.Sprintf("write %q to %s", value, file), err)
}

// prepare sets an instance up, except that no event is switched on.
func prepare(dir string, bufferBytes uint64) error {
	for _, s := range []struct{ file, value string }{
		// The buffer is emptied when the clock changes.
		{"trace_clock", "mono"},
		{"buffer_size_kb", strconv.FormatUint((bufferBytes+1023)/1024, 10)},
		// What is already there is kept: it is the older part of the story,
		// and each record that finds no room is counted.
		{"trace_options", "nooverwrite"},
		// Names of processes are not wanted, and noting them costs every
		// switch between processes on this host.
		{"trace_options", "norecord-cmd"},
	} {
		if err := set(dir, s.file, s.value); err != nil {
			return err
		}
	}
	return nil
}

// removeInstance ends the recording and removes the instance.
func removeInstance(dir string) error {
	// Should the removal fail, at least nothing more is recorded.
	err := set(dir, event+"/enable", "0")
	removal := unix.Rmdir(dir)
	if errors.Is(removal, unix.EBUSY) {
		return fmt.Errorf("remove trace instance %s: somebody reads it: close that reader, the next start removes it: %w", dir, removal)
	}
	if removal != nil {
		return errors.Join(err, refused("remove trace instance", removal))
	}
	return nil // and whatever did not work before is gone
}
