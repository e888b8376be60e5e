package logfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// ready opens the file if it is not open, and begins a new one if it is time.
func (f *File) ready() error {
	if f.file == nil {
		if err := f.open(); err != nil {
			return err
		}
	}
	if !f.regular || f.size == 0 {
		return nil
	}
	full := f.c.MaxBytes > 0 && f.size >= f.c.MaxBytes
	over := f.c.Every > 0 && f.periodOf(time.Now()).After(f.period)
	if !full && !over {
		return nil
	}
	return f.rotate()
}

// periodOf is the begin of the period that a time is in.
func (f *File) periodOf(t time.Time) time.Time {
	if f.c.Every <= 0 {
		return time.Time{}
	}
	_, offset := t.Zone()
	local := time.Duration(offset) * time.Second
	return t.Add(local).Truncate(f.c.Every).Add(-local)
}

// rotate makes PATH.1 of the file, PATH.2 of PATH.1 and so on, and begins anew. If
// somebody else has done that already, it only begins anew.
func (f *File) rotate() error {
	if f.same() {
		if err := f.shift(); err != nil {
			return fmt.Errorf("rotate log: %w; the directory must be writable, or rotation be left to logrotate", err)
		}
	}
	if err := f.Close(); err != nil {
		return err
	}
	return f.open()
}

func (f *File) shift() error {
	old := func(i int) string { return fmt.Sprintf("%s.%d", f.c.Path, i) }
	for i := f.c.Keep - 1; i > 0; i-- {
		if err := os.Rename(old(i), old(i+1)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return os.Rename(f.c.Path, old(1))
}
