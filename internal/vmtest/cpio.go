package vmtest

import (
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// An archive writes an initial file system: a cpio archive in the "newc" form
// (Documentation/driver-api/early-userspace/buffer-format.rst). Everything
// belongs to root. The first error stays and is returned by close.
type archive struct {
	w       io.Writer
	inode   uint32
	written map[string]bool
	err     error
}

// Types of files, as in the mode of struct stat.
const (
	modeDirectory = 0o040000
	modeRegular   = 0o100000
	modeSymlink   = 0o120000
	modeDevice    = 0o020000
	modeType      = 0o170000
)

func newArchive(w io.Writer) *archive {
	return &archive{w: w, written: map[string]bool{}}
}

// file adds a regular file and the directories above it. A second file of the
// same name is left out.
func (a *archive) file(name string, perm fs.FileMode, data []byte) {
	a.add(name, modeRegular|uint32(perm.Perm()), data, 0, 0)
}

func (a *archive) link(name, target string) {
	a.add(name, modeSymlink|0o777, []byte(target), 0, 0)
}

func (a *archive) directory(name string, perm fs.FileMode) {
	a.add(name, modeDirectory|uint32(perm.Perm()), nil, 0, 0)
}

// device adds a character device.
func (a *archive) device(name string, major, minor uint32) {
	a.add(name, modeDevice|0o600, nil, major, minor)
}

func (a *archive) add(name string, mode uint32, data []byte, major, minor uint32) {
	name = strings.TrimPrefix(path.Clean("/"+name), "/")
	if name == "" || a.written[name] {
		return
	}
	if parent := path.Dir(name); parent != "." && !a.written[parent] {
		a.directory(parent, 0o755)
	}
	a.written[name] = true
	a.entry(name, mode, data, major, minor)
}

func (a *archive) entry(name string, mode uint32, data []byte, major, minor uint32) {
	a.inode++
	if uint64(len(data)) > 1<<32-1 {
		a.err = fmt.Errorf("file %s is too large for the archive", name)
	}
	links := uint32(1)
	if mode&modeType == modeDirectory {
		links = 2
	}
	header := "070701"
	for _, field := range []uint32{a.inode, mode, 0, 0, links, 0, uint32(len(data)), 0, 0, major, minor, uint32(len(name) + 1), 0} {
		header += fmt.Sprintf("%08x", field)
	}
	a.write([]byte(header + name + "\x00"))
	a.pad(len(header) + len(name) + 1)
	a.write(data)
	a.pad(len(data))
}

// pad fills up to a multiple of four, at which all parts begin.
func (a *archive) pad(size int) {
	a.write(make([]byte, -size&3))
}

func (a *archive) write(data []byte) {
	if a.err == nil && len(data) > 0 {
		_, a.err = a.w.Write(data)
	}
}

// close ends the archive. Others may follow it in the same file.
func (a *archive) close() error {
	a.entry("TRAILER!!!", 0, nil, 0, 0)
	if a.err != nil {
		return fmt.Errorf("write archive: %w", a.err)
	}
	return nil
}
