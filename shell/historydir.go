package shell

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// maxHistoryFile bounds what is read of a history file, in bytes from its end.
const maxHistoryFile = 1 << 20

// A historyDir is a directory that only we can write to, locked against other
// shells, with a history file in it. Names are looked up below its descriptor,
// so nothing can be put in the way after the checks.
type historyDir struct {
	fd   int
	path string // of the file
	name string
}

// openHistoryDir makes, checks and locks the directory of a history file.
func openHistoryDir(path string) (*historyDir, error) {
	parent := filepath.Dir(path)
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return nil, fmt.Errorf("make history directory: %w", err)
	}
	fd, err := unix.Open(parent, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open history directory %s: %w", parent, err)
	}
	d := &historyDir{fd: fd, path: path, name: filepath.Base(path)}
	if err := d.check(parent); err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

func (d *historyDir) check(parent string) error {
	var st unix.Stat_t
	if err := unix.Fstat(d.fd, &st); err != nil {
		return fmt.Errorf("check history directory %s: %w", parent, err)
	}
	switch {
	case int(st.Uid) != os.Geteuid():
		return fmt.Errorf("check history directory %s: it belongs to another user", parent)
	case st.Mode&0o022 != 0:
		return fmt.Errorf("check history directory %s: others may write to it; chmod go-w helps", parent)
	}
	for {
		err := unix.Flock(d.fd, unix.LOCK_EX)
		if err == nil {
			return nil
		}
		if !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("lock history directory %s: %w", parent, err)
		}
	}
}

// close gives up the directory and its lock.
func (d *historyDir) close() { _ = unix.Close(d.fd) }

// open opens the file, making it if needed, and checks that it is ours.
func (d *historyDir) open(name string, flags int) (*os.File, error) {
	flags |= unix.O_RDWR | unix.O_CREAT | unix.O_NOFOLLOW | unix.O_NONBLOCK | unix.O_CLOEXEC
	fd, err := unix.Openat(d.fd, name, flags, 0o600)
	if errors.Is(err, unix.ELOOP) {
		return nil, fmt.Errorf("open history file %s: it is a symbolic link", d.path)
	}
	if err != nil {
		return nil, fmt.Errorf("open history file %s: %w", d.path, err)
	}
	file := os.NewFile(uintptr(fd), d.path)
	if err := checkHistoryFile(fd); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("check history file %s: %w", d.path, err)
	}
	return file, nil
}

func checkHistoryFile(fd int) error {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	switch {
	case st.Mode&unix.S_IFMT != unix.S_IFREG:
		return errors.New("it is no regular file")
	case int(st.Uid) != os.Geteuid():
		return errors.New("it belongs to another user")
	case st.Mode&0o077 != 0:
		return unix.Fchmod(fd, 0o600) // made by an older tool or a copy
	}
	return nil
}

// load reads the newest lines.
func (d *historyDir) load() ([]string, error) {
	file, err := d.open(d.name, 0)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, fmt.Errorf("read history: %w", err)
	}
	start := max(0, size-maxHistoryFile)
	data, err := io.ReadAll(io.NewSectionReader(file, start, maxHistoryFile))
	if err != nil {
		return nil, fmt.Errorf("read history: %w", err)
	}
	text := string(data)
	if start > 0 {
		_, text, _ = strings.Cut(text, "\n") // the first line may lack its beginning
	}
	lines := parseHistory(text)
	if start == 0 && len(lines) <= maxHistory {
		return lines, nil
	}
	lines = last(lines)
	return lines, d.replace(lines)
}

// parseHistory splits a history file and leaves out what could not have been
// typed.
func parseHistory(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, "\r\n"); keepable(line) {
			lines = append(lines, line)
		}
	}
	return lines
}

// append adds a line.
func (d *historyDir) append(line string) error {
	file, err := d.open(d.name, unix.O_APPEND)
	if err != nil {
		return err
	}
	_, err = file.WriteString(line + "\n")
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("write history: %w", err)
	}
	return nil
}

// replace puts a new file in the place of the old one.
func (d *historyDir) replace(lines []string) error {
	name := d.name + ".new"
	if err := unix.Unlinkat(d.fd, name, 0); err != nil && !errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("replace history: %w", err)
	}
	file, err := d.open(name, unix.O_EXCL)
	if err != nil {
		return err
	}
	_, err = file.WriteString(strings.Join(lines, "\n") + "\n")
	if err = errors.Join(err, file.Close()); err == nil {
		err = unix.Renameat(d.fd, name, d.fd, d.name)
	}
	if err != nil {
		return fmt.Errorf("replace history: %w", err)
	}
	return nil
}
