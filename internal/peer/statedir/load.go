package statedir

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"

	"dropwatch/internal/peer/identity"
)

// loadDrops looks which drops an earlier agent has left, and how far they go.
func (d *Dir) loadDrops() error {
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return err
	}
	m := memory{limit: d.memory.limit, hosts: make(map[identity.ID]*hostDrops)}
	for _, entry := range entries {
		id, old, ok := dropsOf(entry.Name())
		if !ok {
			continue
		}
		h := m.hosts[id]
		if h == nil {
			h = new(hostDrops)
			m.hosts[id] = h
		}
		// One that cannot be read, whatever it is, is written anew or stays in the
		// way, which appending tells.
		last, size, err := lastTile(d.root, entry.Name())
		if err != nil {
			continue
		}
		m.total += size
		if old {
			h.old = size
		} else {
			h.size = size
		}
		if last != nil && (!old || h.to.IsZero()) {
			h.made(last)
		}
	}
	d.memory = m
	return nil
}

// lastTile returns the last whole tile of a file, or nil, and how many bytes of
// the file are whole lines.
func lastTile(root *os.Root, name string) (*Tile, int64, error) {
	file, size, err := openDrops(root, name)
	if err != nil {
		return nil, 0, err
	}
	defer file.Close()
	start := max(0, size-2*maxTile)
	tail := make([]byte, size-start)
	n, err := file.ReadAt(tail, start)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, err
	}
	tail = tail[:n]
	end := bytes.LastIndexByte(tail, '\n') + 1
	if end == 0 {
		return nil, 0, nil // no line is so long: nothing of it is of use
	}
	lines := bytes.Split(tail[:end-1], []byte("\n"))
	for i := len(lines) - 1; i >= 0; i-- {
		if t, err := parseTile(lines[i]); err == nil {
			return t, start + int64(end), nil
		}
	}
	return nil, start + int64(end), nil
}

// openDrops opens a file of drops, and does not wait for what is no file.
func openDrops(root *os.Root, name string) (*os.File, int64, error) {
	file, err := root.OpenFile(name, os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW, 0)
	if err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	switch {
	case err != nil:
	case !info.Mode().IsRegular():
		err = errors.New("no regular file")
	case info.Size() > maxHostDrops:
		err = errors.New("larger than is written")
	}
	if err != nil {
		return nil, 0, errors.Join(err, file.Close())
	}
	return file, info.Size(), nil
}

// readDrops reads a file whole; one that is not there is empty.
func readDrops(root *os.Root, name string) ([]byte, fs.FileInfo, error) {
	file, size, err := openDrops(root, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, nil, err
	}
	data := make([]byte, size)
	n, err := io.ReadFull(file, data)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		err = nil // it was cut meanwhile
	}
	return data[:n], info, err
}
