package vmtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
)

// A Job is what a guest does.
type Job struct {
	// Args is the program with its arguments. Unless a file of Files has that
	// name, it is looked up in the guest's PATH.
	Args []string
	Dir  string   // working directory in the guest, made if missing; empty: /
	Env  []string // added to the guest's own
	// Files are copied from the host; a directory with all that is below it.
	// What would be below /dev, /proc, /sys or /run is hidden there.
	Files []File
	// Back are files of the guest that are copied to the host after the
	// program has ended, if they exist then.
	Back []File
}

// A File is in two places.
type File struct {
	Host, Guest string
}

// order is the part of a job that the guest reads.
type order struct {
	Args, Env []string
	Dir       string
	Back      []string
	UnixTime  int64
}

// Places in the guest.
const (
	orderFile = "/vmtest/order.json"
	initFile  = "/init"
)

// image is the archive with everything but the modules.
func (j Job) image(o order) ([]byte, error) {
	var out bytes.Buffer
	a := newArchive(&out)
	addRoot(a)
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find own program: %w", err)
	}
	if err := addFile(a, File{self, initFile}); err != nil {
		return nil, err
	}
	if err := addTools(a); err != nil {
		return nil, err
	}
	for _, f := range j.Files {
		if err := addTree(a, f); err != nil {
			return nil, err
		}
		if err := addLibraries(a, f.Host); err != nil {
			return nil, err
		}
	}
	text, err := json.Marshal(o)
	if err != nil {
		return nil, fmt.Errorf("encode order: %w", err)
	}
	a.file(orderFile, 0o600, text)
	if err := a.close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// addRoot adds what every system has.
func addRoot(a *archive) {
	a.directory("/usr", 0o755)
	for _, name := range []string{"bin", "sbin", "lib", "lib64"} {
		a.directory("/usr/"+name, 0o755)
		a.link("/"+name, "usr/"+name)
	}
	for _, name := range []string{"/dev", "/proc", "/sys", "/run", "/root", "/etc", "/var/lib"} {
		a.directory(name, 0o755)
	}
	a.link("/var/run", "/run")
	a.link("/usr/bin/sh", "dash")
	// the kernel gives it to init before anything is mounted
	a.device("/dev/console", 5, 1)
	a.file("/etc/passwd", 0o644, []byte("root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"))
	a.file("/etc/group", 0o644, []byte("root:x:0:\nnogroup:x:65534:\n"))
	a.file("/etc/hosts", 0o644, []byte("127.0.0.1 localhost\n::1 localhost\n"))
}
