package tracefs

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A cpu is the buffer of one CPU. Its files are read without the Go runtime's
// poller, because polling them is not reliable before Linux 6.3.
type cpu struct {
	number int
	pages  int // file descriptor of trace_pipe_raw
	stats  int
}

// openCPUs opens the buffers of all CPUs that the kernel may have.
func openCPUs(dir string) (_ []cpu, err error) {
	entries, err := os.ReadDir(filepath.Join(dir, "per_cpu"))
	if err != nil {
		return nil, refused("list trace buffers", err)
	}
	var cpus []cpu
	defer func() {
		if err != nil {
			closeCPUs(cpus)
		}
	}()
	for _, e := range entries {
		digits, ok := strings.CutPrefix(e.Name(), "cpu")
		number, notNumber := strconv.Atoi(digits)
		if !ok || notNumber != nil {
			continue
		}
		c := cpu{number: number, pages: -1, stats: -1}
		path := filepath.Join(dir, "per_cpu", e.Name())
		c.pages, err = unix.Open(path+"/trace_pipe_raw", unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		if err == nil {
			c.stats, err = unix.Open(path+"/stats", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		}
		cpus = append(cpus, c)
		if err != nil {
			return nil, refused("open trace buffer of "+e.Name(), err)
		}
	}
	if len(cpus) == 0 {
		return nil, errors.New("list trace buffers: there are none")
	}
	slices.SortFunc(cpus, func(a, b cpu) int { return a.number - b.number })
	return cpus, nil
}

func closeCPUs(cpus []cpu) {
	for _, c := range cpus {
		for _, fd := range []int{c.pages, c.stats} {
			if fd >= 0 {
				unix.Close(fd)
			}
		}
	}
}

// read reads the next page; io.EOF means that there is none yet.
func (c *cpu) read(page []byte) (int, error) {
	for {
		n, err := unix.Read(c.pages, page)
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EAGAIN), err == nil && n == 0:
			return 0, io.EOF
		case err != nil:
			return 0, fmt.Errorf("read trace buffer of cpu%d: %w", c.number, err)
		default:
			return n, nil
		}
	}
}

// lost reads how many records of this CPU cannot be read any more.
func (c *cpu) lost() (uint64, error) {
	var text [1024]byte
	n, err := unix.Pread(c.stats, text[:], 0)
	if err != nil {
		return 0, fmt.Errorf("read trace statistics of cpu%d: %w", c.number, err)
	}
	lost, err := parseLost(string(text[:n]))
	if err != nil {
		return 0, fmt.Errorf("read trace statistics of cpu%d: %w", c.number, err)
	}
	return lost, nil
}
