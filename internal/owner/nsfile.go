package owner

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// nsFile tells which namespace a file stands for. The kernel gives a freed
// inode number to the next namespace, so the time the file was made goes with it.
type nsFile struct {
	inode uint32
	stamp uint64
}

var errNotNetNS = errors.New("not the file of a network namespace")

func inspectNamespace(path string) (nsFile, error) {
	f, id, err := openNamespace(path)
	if err != nil {
		return nsFile{}, err
	}
	return id, f.Close()
}

// openNamespace opens the nsfs file of a network namespace and makes sure that
// it is one. A leftover of a namespace that is unmounted is a plain file.
func openNamespace(path string) (*os.File, nsFile, error) {
	// Asked first, because opening whatever is there could block.
	var sfs unix.Statfs_t
	if err := unix.Statfs(path, &sfs); err != nil {
		return nil, nsFile{}, &fs.PathError{Op: "open network namespace", Path: path, Err: err}
	}
	if sfs.Type != unix.NSFS_MAGIC {
		return nil, nsFile{}, &fs.PathError{Op: "open network namespace", Path: path, Err: errNotNetNS}
	}
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, nsFile{}, fmt.Errorf("open network namespace: %w", err)
	}
	id, err := identify(f)
	if err != nil {
		f.Close()
		return nil, nsFile{}, &fs.PathError{Op: "open network namespace", Path: path, Err: err}
	}
	return f, id, nil
}

func identify(f *os.File) (nsFile, error) {
	fd := int(f.Fd())
	kind, err := unix.IoctlRetInt(fd, unix.NS_GET_NSTYPE)
	if err != nil || kind != unix.CLONE_NEWNET {
		return nsFile{}, errNotNetNS
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nsFile{}, os.NewSyscallError("fstat", err)
	}
	return nsFile{inode: uint32(st.Ino), stamp: uint64(st.Ctim.Nano())}, nil
}
