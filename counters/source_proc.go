package counters

import (
	"errors"
	"fmt"
	"path/filepath"

	"golang.org/x/sys/unix"

	"dropwatch/counters/procfile"
)

// A procSource is one file below /proc/net, held open. The file belongs to the
// namespace it was opened in, whoever reads it.
type procSource struct {
	fd     int
	path   string
	netns  uint32
	parser *procfile.Parser
	text   []byte // reused
	values []procfile.Value
}

// maxText bounds what is read of one file: a row of softnet_stat for each CPU
// of the largest machine fits in.
const maxText = 4 << 20

// textStep is the least room to read into; the kernel gives a page at a time.
const textStep = 4096

func openProc(p *place, file procfile.File) (source, error) {
	path := filepath.Join(p.dir, file.Path)
	fd, err := openReadOnly(path)
	switch {
	case errors.Is(err, unix.ENOENT) && !file.Usual:
		return nil, errAbsent
	case errors.Is(err, unix.EACCES):
		return nil, fmt.Errorf("open /proc/net/%s: %w: only root of the namespace may", file.Path, err)
	case errors.Is(err, unix.ENOENT):
		return nil, fmt.Errorf("open /proc/net/%s: %w: is /proc mounted?", file.Path, err)
	case err != nil:
		return nil, fmt.Errorf("open /proc/net/%s: %w", file.Path, err)
	}
	p.atClose(func() error { return unix.Close(fd) })
	f := &procSource{fd: fd, path: file.Path, netns: p.inode, parser: procfile.NewParser(file)}
	return f.read, nil
}

func openReadOnly(path string) (int, error) {
	for {
		fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != unix.EINTR {
			return fd, err
		}
	}
}

func (f *procSource) read(s *Sample) error {
	if err := f.reread(); err != nil {
		return fmt.Errorf("read /proc/net/%s: %w", f.path, err)
	}
	var err error
	f.values, err = f.parser.Parse(f.values[:0], f.text)
	for i := range f.values {
		v := &f.values[i]
		c := Counter{Name: v.Name, Value: v.Number, Bits: v.Bits, Gauge: v.Gauge}
		c.Scope.Object = v.Object
		if !v.Host {
			c.Scope.NetNS = f.netns
		}
		s.Counters = append(s.Counters, c)
	}
	return err
}

// reread reads the whole file again from its beginning.
func (f *procSource) reread() error {
	f.text = f.text[:0]
	for {
		if cap(f.text)-len(f.text) < textStep {
			f.text = append(make([]byte, 0, 2*cap(f.text)+2*textStep), f.text...)
		}
		n, err := unix.Pread(f.fd, f.text[len(f.text):cap(f.text)], int64(len(f.text)))
		switch {
		case err == unix.EINTR:
		case err != nil:
			return err
		case n == 0:
			return nil
		case len(f.text)+n > maxText:
			return fmt.Errorf("more than %d bytes", maxText)
		default:
			f.text = f.text[:len(f.text)+n]
		}
	}
}
