package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// A transcript is what a watcher writes, in a file in memory that is emptied as
// it is read.
type transcript struct {
	file *os.File
	read int64
	rest []byte // of a line that has no end yet
}

func newTranscript() (*transcript, error) {
	fd, err := unix.MemfdCreate("transcript", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("make file for output: %w", err)
	}
	return &transcript{file: os.NewFile(uintptr(fd), "transcript")}, nil
}

// size is what was written so far, and when last.
func (t *transcript) size() (int64, time.Time, error) {
	info, err := t.file.Stat()
	if err != nil {
		return 0, time.Time{}, err
	}
	return info.Size(), info.ModTime(), nil
}

// calm waits until nothing was written for a while, and returns when something
// was last.
func (t *transcript) calm(ctx context.Context, still time.Duration) (time.Time, error) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	timeout := time.After(2 * patience)
	var before int64
	since := time.Now()
	for {
		now, last, err := t.size()
		if err != nil {
			return last, err
		}
		if now != before {
			before, since = now, time.Now()
		}
		if time.Since(since) >= still {
			return last, nil
		}
		select {
		case <-ctx.Done():
			return last, ctx.Err()
		case <-timeout:
			return last, errors.New("the output does not end")
		case <-tick.C:
		}
	}
}

// lines calls yield for each whole line that is new.
func (t *transcript) lines(yield func([]byte)) error {
	buffer := make([]byte, 1<<20)
	for {
		// ReadAt leaves alone the position that the watcher writes at.
		n, err := t.file.ReadAt(buffer, t.read)
		t.read += int64(n)
		text := append(t.rest, buffer[:n]...)
		for {
			line, after, ok := bytes.Cut(text, []byte("\n"))
			if !ok {
				break
			}
			yield(bytes.TrimSuffix(line, []byte("\r")))
			text = after
		}
		t.rest = append([]byte(nil), text...)
		if errors.Is(err, io.EOF) {
			return t.punch()
		}
		if err != nil {
			return err
		}
	}
}

// punch gives back the memory of what was read.
func (t *transcript) punch() error {
	if t.read == 0 {
		return nil
	}
	return unix.Fallocate(int(t.file.Fd()), unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, 0, t.read)
}

func (t *transcript) close() error { return t.file.Close() }
