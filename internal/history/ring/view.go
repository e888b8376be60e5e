package ring

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// A View reads a file while another process may write it. It is for concurrent
// use. What it tells of keys is of the time when it was made.
type View struct {
	file     io.ReaderAt
	close    func() error
	path     string
	head     *head
	attempts int // to read what is being written
}

// Read begins to read a file. It needs no lock and no privileges. The error
// wraps fs.ErrNotExist if there is none, and ErrBroken if it is no such file.
func Read(path string) (*View, error) {
	// What is in place of a file must not make us wait.
	file, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("read history: %w", err)
	}
	v, err := newView(file, path, tries)
	if err != nil {
		file.Close()
		return nil, err
	}
	v.close = file.Close
	return v, nil
}

func newView(file io.ReaderAt, path string, attempts int) (*View, error) {
	h, err := readHead(file, attempts)
	if err != nil {
		return nil, fmt.Errorf("read history: %s: %w", path, err)
	}
	return &View{file: file, path: path, head: h, attempts: attempts, close: func() error { return nil }}, nil
}

// Close ends reading.
func (v *View) Close() error { return v.close() }

// Host is what the file is of.
func (v *View) Host() (id, name string) { return v.head.names.id, v.head.names.host }

// Config is the shape of the file.
func (v *View) Config() Config {
	c := v.head.config
	c.Archives = sortedArchives(c.Archives)
	return c
}

// Counts are since the file was made.
func (v *View) Counts() Counts { return v.head.state.counts }

// Last is the time of the last value; zero if there is none.
func (v *View) Last() time.Time { return timeOf(v.head.state.last) }

func timeOf(ns int64) time.Time {
	if ns == 0 {
		return time.Time{}
	}
	return time.Unix(0, ns)
}

// A Key is a value that is kept.
type Key struct {
	Key string
	// First is when it was first seen, or seen again after others had its slot.
	First time.Time
	// Last is the time of its last value.
	Last time.Time
}

// Keys are what is kept, in the order of slots.
func (v *View) Keys() []Key {
	var list []Key
	for i, n := range v.head.names.slots {
		if n.key != "" {
			list = append(list, Key{n.key, timeOf(n.first), timeOf(v.head.state.slots[i].last)})
		}
	}
	return list
}
