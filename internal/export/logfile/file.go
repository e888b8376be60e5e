package logfile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"dropwatch/internal/export/logline"
)

// A Config says where to write, how, and when to begin a new file.
type Config struct {
	Path    string
	Encoder logline.Encoder
	// MaxBytes is the size from which on a new file is begun; 0 means any.
	MaxBytes int64
	// Every begins a new file when the local time passes a multiple of it,
	// counted from midnight: 24 h gives a file a day. 0 means never.
	Every time.Duration
	// Keep is the number of old files to keep, PATH.1 being the newest; 0 means 7.
	Keep int
	// Mode is for files that are made; 0 means 0640.
	Mode os.FileMode
}

// A File is a destination that appends to a file. It is for one goroutine at a
// time, and meant to be behind a [logline.Queue].
type File struct {
	c    Config
	file *os.File // nil when not open
	// regular files are rotated and repaired; devices are not.
	regular bool
	size    int64
	period  time.Time // what Every has cut the time into
	torn    bool      // the file ends within a line
	b       []byte
	ends    []int // ends of the lines in b
}

// Open opens the file, and makes it if there is none.
func Open(c Config) (*File, error) {
	c.Path = filepath.Clean(c.Path)
	if c.Keep <= 0 {
		c.Keep = 7
	}
	if c.Mode == 0 {
		c.Mode = 0o640
	}
	f := &File{c: c}
	if err := f.open(); err != nil {
		return nil, err
	}
	return f, nil
}

func (f *File) open() error {
	// O_NONBLOCK: to open a pipe would wait for a reader.
	file, err := os.OpenFile(f.c.Path, os.O_RDWR|os.O_APPEND|os.O_CREATE|syscall.O_NONBLOCK, f.c.Mode)
	if err != nil {
		return fmt.Errorf("open log: %w%s", err, cureOpen(err))
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() && info.Mode()&os.ModeCharDevice == 0 {
		err = fmt.Errorf("%s is no file: use stdout for pipes, syslog+unix:// for sockets", f.c.Path)
	}
	if err != nil {
		file.Close()
		return fmt.Errorf("open log: %w", err)
	}
	f.file, f.regular, f.size = file, info.Mode().IsRegular(), info.Size()
	f.period, f.torn = f.periodOf(info.ModTime()), false
	if f.size == 0 {
		f.period = f.periodOf(time.Now())
	}
	if f.regular && f.size > 0 {
		var last [1]byte
		if _, err := file.ReadAt(last[:], f.size-1); err == nil {
			f.torn = last[0] != '\n'
		}
	}
	return nil
}

func cureOpen(err error) string {
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "; make the directory first"
	case errors.Is(err, os.ErrPermission):
		return "; run as root, or choose a file that you may write"
	}
	return ""
}

// Write appends records. It returns how many of them are in the file as a whole.
func (f *File) Write(ctx context.Context, records []logline.Record) (int, error) {
	done := 0
	for done < len(records) {
		if ctx.Err() != nil {
			return done, ctx.Err()
		}
		if err := f.ready(); err != nil {
			return done, err
		}
		n, err := f.write(f.encode(records[done:]))
		done += n
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

// writeBytes is about how much is written at once.
const writeBytes = 64 << 10

// encode writes records into the buffer, as many as may go into the file before
// the next look whether it should be a new one. It returns the start of the first
// line: a header and the end of a torn line come before it.
func (f *File) encode(records []logline.Record) (start int) {
	f.b, f.ends = f.b[:0], f.ends[:0]
	if f.torn {
		f.b = append(f.b, '\n')
	}
	if f.size == 0 {
		f.b = f.c.Encoder.AppendHeader(f.b)
	}
	start = len(f.b)
	for i := range records {
		f.b = f.c.Encoder.AppendLine(f.b, &records[i])
		f.ends = append(f.ends, len(f.b))
		full := f.c.MaxBytes > 0 && f.size+int64(len(f.b)) >= f.c.MaxBytes
		if len(f.b) >= writeBytes || full {
			break
		}
	}
	return start
}

// write writes the buffer and returns how many lines of it are in the file.
func (f *File) write(start int) (int, error) {
	n, err := f.file.Write(f.b)
	if err == nil {
		f.size += int64(n)
		f.torn = false
		return len(f.ends), nil
	}
	lines, whole := 0, 0
	if n >= start {
		whole = start
	}
	for lines < len(f.ends) && f.ends[lines] <= n {
		whole = f.ends[lines]
		lines++
	}
	if n > 0 {
		f.repair(n, whole)
	}
	return lines, fmt.Errorf("write log: %w", err)
}

// repair takes back what was written of n bytes behind the whole lines. That is
// safe only if nobody else has appended meanwhile.
func (f *File) repair(n, whole int) {
	wanted := f.size + int64(n)
	info, err := f.file.Stat()
	if err != nil || !f.regular {
		f.size, f.torn = wanted, f.torn || n > whole
		return
	}
	if info.Size() == wanted && n > whole && f.file.Truncate(f.size+int64(whole)) == nil {
		f.size += int64(whole)
		f.torn = f.torn && whole == 0
		return
	}
	f.size, f.torn = info.Size(), n > whole
}

// Reopen opens the file anew, after somebody has renamed or removed it.
func (f *File) Reopen() error {
	if err := f.Close(); err != nil {
		return err
	}
	return f.open()
}

// Close closes the file. It may be called twice.
func (f *File) Close() error {
	if f.file == nil {
		return nil
	}
	err := f.file.Close()
	f.file = nil
	if err != nil {
		return fmt.Errorf("close log: %w", err)
	}
	return nil
}

// same tells whether the path still is the file that we write to.
func (f *File) same() bool {
	var path, open unix.Stat_t
	if unix.Stat(f.c.Path, &path) != nil || unix.Fstat(int(f.file.Fd()), &open) != nil {
		return false
	}
	return path.Dev == open.Dev && path.Ino == open.Ino
}
