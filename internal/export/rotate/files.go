package rotate

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// ErrLast tells that as many files were written as were asked for.
var ErrLast = errors.New("the last file is complete")

// A Config tells where to write, and when to begin another file.
type Config struct {
	// Path is the first file, or what the names of all begin with. If Every is
	// set, it is a format for strftime(3), in the time zone of the times that
	// are given; what has no conversion in it is overwritten each time. "-" is
	// Stdout.
	Path string
	// Stdout is what "-" means; nil is the program's standard output.
	Stdout io.Writer
	// Size is how many bytes a file must exceed for another to begin; 0 is no
	// limit.
	Size int64
	// Every is how long a file is written, in whole seconds; 0 is no limit.
	Every time.Duration
	// Count is how many files there are at most; 0 is no limit. With Size
	// alone, after the last comes the first again. With Every alone the last
	// ends it all. With both, the files of each period are a ring of that many.
	// With neither it means nothing.
	Count int
}

// check is for what no file can be opened by.
func (c Config) check() error {
	switch {
	case c.Path == "":
		return errors.New("the name of the file is empty")
	case c.Path == "-" && (c.Size != 0 || c.Every != 0):
		return errors.New("standard output cannot be rotated: name a file")
	case c.Size < 0:
		return fmt.Errorf("a size of %d bytes is negative", c.Size)
	case c.Every < 0 || c.Every%time.Second != 0:
		return fmt.Errorf("%v is no whole number of seconds", c.Every)
	case c.Count < 0:
		return fmt.Errorf("a count of %d files is negative", c.Count)
	}
	return nil
}

// Files are the files of one recording, of which one is open. The methods are
// for one goroutine at a time.
type Files struct {
	config Config
	out    io.Writer
	file   *os.File // out, if we opened it
	size   int64    // of what was written to file
	place  place
	next   *place
}

// A place is one file among the others.
type place struct {
	name    string
	started time.Time // when its period began
	periods int       // that ended before
	number  int       // in its period
}

// Open opens the first file. What is there is overwritten; a file that is made
// anew is for its owner only, for packets are nobody else's business.
func Open(c Config, now time.Time) (*Files, error) {
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("open recording: %w", err)
	}
	f := &Files{config: c}
	if c.Path == "-" {
		f.place.name, f.out = "-", c.Stdout
		if f.out == nil {
			f.out = os.Stdout
		}
		return f, nil
	}
	first := place{started: now}
	var err error
	if first.name, err = c.name(first); err != nil {
		return nil, fmt.Errorf("open recording: %w", err)
	}
	if err := f.open(first); err != nil {
		return nil, err
	}
	return f, nil
}

// Name is that of the open file, or "-".
func (f *Files) Name() string { return f.place.name }

// Turn tells before a packet is written, or at any other time, whether another
// file is due, given how many bytes the open one has, those in buffers
// included. If so the caller completes the open one and calls Next. The error is
// ErrLast if the open file is due and was the last.
//
// As with tcpdump, a file exceeds its limit by what was written last, and time
// passes in whole seconds since the second in which the file's period began. If
// what begins a file exceeds the limit by itself, each has but one packet.
func (f *Files) Turn(now time.Time, size int64) (bool, error) {
	f.next = nil
	c, next := f.config, f.place
	seconds := now.Unix() - f.place.started.Unix()
	every := int64(c.Every / time.Second)
	switch {
	case every > 0 && seconds >= every:
		next.started, next.number = now, 0
		next.periods++
		if c.Size == 0 && c.Count > 0 && next.periods >= c.Count {
			return false, ErrLast
		}
	case c.Size > 0 && size > c.Size:
		next.number++
		if c.Count > 0 && next.number >= c.Count {
			next.number = 0
		}
	case every > 0 && seconds < -every:
		// The clock was set back; the period must not last until it is there again.
		f.place.started = now
		return false, nil
	default:
		return false, nil
	}
	var err error
	if next.name, err = c.name(next); err != nil {
		return false, fmt.Errorf("rotate recording: %w", err)
	}
	f.next = &next
	return true, nil
}

// Next closes the open file and opens the one that was due at the last call of
// Turn; if none was, it does nothing.
func (f *Files) Next() error {
	if f.next == nil {
		return nil
	}
	if err := f.Close(); err != nil {
		return err
	}
	return f.open(*f.next)
}

func (f *Files) open(p place) error {
	file, err := os.OpenFile(p.name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("open recording: %w", err)
	}
	f.out, f.file, f.size = file, file, 0
	f.place, f.next = p, nil
	return nil
}

// Write writes all of b, or nothing if what is written to is a regular file and
// has too little room. So if each b is of whole blocks, the file is too. The
// error names the file.
func (f *Files) Write(b []byte) (int, error) {
	if f.out == nil {
		return 0, fmt.Errorf("write %s: %w", f.place.name, os.ErrClosed)
	}
	n, err := f.out.Write(b)
	if err == nil {
		f.size += int64(n)
		return n, nil
	}
	if f.file == nil || n == 0 {
		return n, err
	}
	if info, statErr := f.file.Stat(); statErr != nil || !info.Mode().IsRegular() {
		return n, err
	}
	if cutErr := f.cut(); cutErr != nil {
		return n, errors.Join(err, cutErr)
	}
	return 0, err
}

// cut takes away what was written beyond size.
func (f *Files) cut() error {
	if err := f.file.Truncate(f.size); err != nil {
		return err
	}
	_, err := f.file.Seek(f.size, io.SeekStart)
	return err
}

// Close closes the open file. Standard output stays open. Another call does
// nothing.
func (f *Files) Close() error {
	file := f.file
	f.out, f.file = nil, nil
	if file == nil {
		return nil
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("close recording: %w", err)
	}
	return nil
}
