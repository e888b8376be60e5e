package owner

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// procTree is a mounted procfs.
type procTree struct {
	root string
	max  int // processes looked at in one scan
}

// initPIDNS is the inode of the first PID namespace, fixed in the kernel
// (PROC_PID_INIT_INO). From there every process is visible.
const initPIDNS = 0xEFFFFFFC

// pids lists the processes in ascending order. The second result tells that
// there were more than the limit.
func (t procTree) pids() ([]int, bool, error) {
	dir, err := os.Open(t.root)
	if err != nil {
		return nil, false, fmt.Errorf("list processes: %w", err)
	}
	defer dir.Close()
	var pids []int
	for {
		names, err := dir.Readdirnames(1024)
		for _, name := range names {
			pid, perr := strconv.Atoi(name)
			if perr != nil || pid <= 0 {
				continue
			}
			if len(pids) == t.max {
				slices.Sort(pids)
				return pids, true, nil
			}
			pids = append(pids, pid)
		}
		if errors.Is(err, io.EOF) {
			slices.Sort(pids)
			return pids, false, nil
		}
		if err != nil {
			return nil, false, fmt.Errorf("list processes in %s: %w", t.root, err)
		}
	}
}

// nsPath is the way into the network namespace of a process.
func (t procTree) nsPath(process string) string { return t.root + "/" + process + "/ns/net" }

// hidden tells why processes may exist that the tree does not show at all.
func (t procTree) hidden() string {
	self, err := t.open("self")
	if err != nil {
		return ""
	}
	defer self.close()
	if inode, err := self.link("ns/pid", "pid:["); err == nil && inode != initPIDNS {
		return "dropwatch runs inside a PID namespace and sees no process outside of it"
	}
	if _, err := os.Lstat(t.root + "/1"); errors.Is(err, fs.ErrNotExist) {
		return "procfs is mounted with hidepid, so that other users' processes are not listed: run as root"
	}
	return ""
}

// A procDir is an open directory of one process. All reads through it are of
// the same process: they fail when it is gone, even if its pid is in use again.
type procDir struct {
	fd int
}

// open takes a pid in digits or "self".
func (t procTree) open(process string) (procDir, error) {
	path := t.root + "/" + process
	fd, err := unix.Open(path, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return procDir{}, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return procDir{fd: fd}, nil
}

func (d procDir) close() { _ = unix.Close(d.fd) }

// sub opens a file or directory below the process's directory.
func (d procDir) sub(name string) (*os.File, error) {
	fd, err := unix.Openat(d.fd, name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return os.NewFile(uintptr(fd), name), nil
}

// read returns at most 64 KiB of a file; those read here are far shorter.
func (d procDir) read(name string) ([]byte, error) {
	f, err := d.sub(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, 1<<16))
}

func (d procDir) stat() (stat, error) {
	line, err := d.read("stat")
	if err != nil {
		return stat{}, err
	}
	return parseStat(line)
}

// link reads the number out of a link like "net:[4026531833]".
func (d procDir) link(name, prefix string) (uint64, error) {
	return readLink(d.fd, name, prefix)
}

func (d procDir) netNS() (uint32, error) {
	n, err := d.link("ns/net", "net:[")
	if err != nil {
		return 0, err
	}
	return uint32(n), nil
}

var errLink = errors.New("link of another kind")

func readLink(dirfd int, name, prefix string) (uint64, error) {
	var buf [64]byte
	n, err := unix.Readlinkat(dirfd, name, buf[:])
	if err != nil {
		return 0, &fs.PathError{Op: "readlink", Path: name, Err: err}
	}
	return parseLink(string(buf[:n]), prefix)
}

func parseLink(target, prefix string) (uint64, error) {
	digits, ok := strings.CutPrefix(target, prefix)
	if !ok {
		return 0, errLink
	}
	digits, ok = strings.CutSuffix(digits, "]")
	if !ok {
		return 0, errLink
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil || n == 0 {
		return 0, errLink
	}
	return n, nil
}
