package owner

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// A fixture is a tree that looks like /proc and a directory of namespace files.
type fixture struct {
	t      *testing.T
	proc   string
	netns  string
	now    time.Time
	config Config
}

// A fakeProcess is one directory of the fixture's /proc.
type fakeProcess struct {
	name    string
	start   int
	netns   uint32
	cgroup  string
	sockets map[int]uint64 // descriptor to inode
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{t: t, proc: t.TempDir(), netns: t.TempDir(), now: time.Unix(1000, 0)}
	f.config = Config{
		Proc:      f.proc,
		NetNSDirs: []string{f.netns},
		Now:       func() time.Time { return f.now },
		inspect:   inspectFake,
		readLinks: func(entry) (map[uint32]string, error) { return nil, os.ErrNotExist },
	}
	return f
}

func (f *fixture) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// process adds a process, in the place of one with the same name.
func (f *fixture) process(pid string, p fakeProcess) {
	f.t.Helper()
	dir := filepath.Join(f.proc, pid)
	f.must(os.RemoveAll(dir))
	f.must(os.MkdirAll(filepath.Join(dir, "ns"), 0o755))
	f.must(os.MkdirAll(filepath.Join(dir, "fd"), 0o755))
	f.must(os.WriteFile(filepath.Join(dir, "stat"), []byte(statLine(1, p.name, uint64(p.start))), 0o644))
	f.must(os.WriteFile(filepath.Join(dir, "cgroup"), []byte(p.cgroup), 0o644))
	if p.netns != 0 {
		f.must(os.Symlink(fmt.Sprintf("net:[%d]", p.netns), filepath.Join(dir, "ns", "net")))
	}
	f.must(os.Symlink("/dev/null", filepath.Join(dir, "fd", "0")))
	f.must(os.Symlink("pipe:[77]", filepath.Join(dir, "fd", "1")))
	for fd, inode := range p.sockets {
		f.must(os.Symlink(fmt.Sprintf("socket:[%d]", inode), filepath.Join(dir, "fd", strconv.Itoa(fd))))
	}
}

func (f *fixture) end(pid string) {
	f.t.Helper()
	f.must(os.RemoveAll(filepath.Join(f.proc, pid)))
}

// file makes a namespace file as inspectFake reads it.
func (f *fixture) file(name string, inode, stamp uint32) {
	f.t.Helper()
	f.must(os.WriteFile(filepath.Join(f.netns, name), fmt.Appendf(nil, "%d %d", inode, stamp), 0o644))
}

func (f *fixture) remove(name string) {
	f.t.Helper()
	f.must(os.Remove(filepath.Join(f.netns, name)))
}

func (f *fixture) pass(d time.Duration) { f.now = f.now.Add(d) }

func inspectFake(path string) (nsFile, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nsFile{}, err
	}
	var id nsFile
	if _, err := fmt.Sscan(string(data), &id.inode, &id.stamp); err != nil {
		return nsFile{}, errNotNetNS
	}
	return id, nil
}

func statLine(pid int, name string, start uint64) string {
	return fmt.Sprintf("%d (%s) S 1 1 1 0 -1 4194304 102 0 0 0 0 0 0 0 20 0 1 0 %d 3133440 394\n", pid, name, start)
}
