//go:build linux

package owner

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dropwatch/dropmon"
)

func needRoot(t *testing.T, programs ...string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root to make network namespaces")
	}
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("needs the program %s", program)
		}
	}
}

func run(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", strings.Join(args, " "), err, out)
	}
}

// addNetNS makes a named namespace and returns its name and inode.
func addNetNS(t *testing.T, suffix string) (string, uint32) {
	t.Helper()
	name := fmt.Sprintf("dwown%d%s", os.Getpid(), suffix)
	run(t, "ip", "netns", "add", name)
	t.Cleanup(func() {
		// It may be deleted by the test already.
		_ = exec.Command("ip", "netns", "del", name).Run()
	})
	id, err := inspectNamespace("/run/netns/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return name, id.inode
}

// startCat runs a command that ends in cat and waits until cat answers. The
// function returned ends it.
func startCat(t *testing.T, files []*os.File, args ...string) (pid int, end func()) {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.ExtraFiles = files
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	end = sync.OnceFunc(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("%v: %v", args, err)
		}
	})
	t.Cleanup(end)
	if _, err := io.WriteString(in, "ready\n"); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("%v: got %q, %v", args, line, err)
	}
	return cmd.Process.Pid, end
}

func TestRootSameIndexInTwoNamespaces(t *testing.T) {
	needRoot(t, "ip")
	nameA, inodeA := addNetNS(t, "a")
	nameB, inodeB := addNetNS(t, "b")
	run(t, "ip", "-n", nameA, "link", "add", "left0", "index", "77", "type", "veth", "peer", "name", "leftp")
	run(t, "ip", "-n", nameB, "link", "add", "right0", "index", "77", "type", "veth", "peer", "name", "rightp")
	n := New(Config{})
	if err := n.Prime(); err != nil {
		t.Fatal(err)
	}
	check := func(inode uint32, netns, link string) {
		t.Helper()
		d := dropmon.Drop{NetNS: dropmon.NetNS{Inode: inode}, Interface: dropmon.Interface{Index: 77}}
		n.Fill(&d)
		if d.NetNS.Name != netns || d.Interface.Name != link {
			t.Errorf("got %q %q, want %q %q", d.NetNS.Name, d.Interface.Name, netns, link)
		}
		if got, err := n.Namespaces.NamespaceByName(netns); err != nil || got != inode {
			t.Errorf("NamespaceByName(%q) = %d, %v; want %d", netns, got, err, inode)
		}
	}
	check(inodeA, nameA, "left0")
	check(inodeB, nameB, "right0")
	run(t, "ip", "-n", nameA, "link", "del", "left0")
	run(t, "ip", "netns", "del", nameB)
	check = func(inode uint32, netns, link string) {
		t.Helper()
		if got := n.Namespaces.InterfaceName(inode, 77); got != link {
			t.Errorf("after deletion: got %q, want %q", got, link)
		}
		if got := n.Namespaces.Name(inode); got != netns {
			t.Errorf("after deletion: got %q, want %q", got, netns)
		}
	}
	check(inodeA, nameA, "left0")
	check(inodeB, nameB, "right0")
}

func TestRootInterfaceAddedRenamedAndReplaced(t *testing.T) {
	needRoot(t, "ip")
	name, inode := addNetNS(t, "c")
	now := time.Now()
	s := NewNamespaces(Config{Now: func() time.Time { return now }})
	check := func(want string) {
		t.Helper()
		if got := s.InterfaceName(inode, 77); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	check("")
	run(t, "ip", "-n", name, "link", "add", "one", "index", "77", "type", "veth", "peer", "name", "onep")
	now = now.Add(linkRetry)
	check("one")
	run(t, "ip", "-n", name, "link", "set", "one", "name", "two")
	now = now.Add(linkAge)
	check("two")
	// Deleted and made again: the kernel may give the inode to the new one.
	run(t, "ip", "netns", "del", name)
	run(t, "ip", "netns", "add", name)
	id, err := inspectNamespace("/run/netns/" + name)
	if err != nil {
		t.Fatal(err)
	}
	now = now.Add(linkAge)
	if got := s.InterfaceName(id.inode, 77); id.inode == inode && got != "" {
		t.Errorf("the new namespace has the interface %q of the old one", got)
	}
	if got := s.InterfaceName(id.inode, 1); got != "lo" {
		t.Errorf("interface 1 is %q, want lo", got)
	}
}

func TestRootUnnamedNamespace(t *testing.T) {
	needRoot(t, "unshare")
	pid, end := startCat(t, nil, "unshare", "-n", "cat")
	inode, err := NewNamespaces(Config{}).NamespaceByName(fmt.Sprintf("pid:%d", pid))
	if err != nil {
		t.Fatal(err)
	}
	if inode == ownInode(t) {
		t.Fatal("unshare made no namespace")
	}
	now := time.Now()
	s := NewNamespaces(Config{Now: func() time.Time { return now }})
	want := fmt.Sprintf("cat(%d)", pid)
	if got := s.Name(inode); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, err := s.NamespaceByName(want); err != nil || got != inode {
		t.Errorf("NamespaceByName(%q) = %d, %v; want %d", want, got, err, inode)
	}
	if got := s.InterfaceName(inode, 1); got != "lo" {
		t.Errorf("interface 1 is %q, want lo", got)
	}
	f, err := s.Open(inode)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	end()
	now = now.Add(time.Minute)
	if got := s.Name(inode); got != want {
		t.Errorf("after its end: got %q, want %q", got, want)
	}
	if f, err := s.Open(inode); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("opened an ended namespace: %v, %v", f, err)
	}
	if got := s.InterfaceName(inode, 1); got != "lo" {
		t.Errorf("after its end: interface 1 is %q, want lo", got)
	}
}

func TestRootSocketOfAnotherProcess(t *testing.T) {
	needRoot(t, "cat")
	now := time.Now()
	p := NewProcesses(Config{Now: func() time.Time { return now }})
	socket := udpSocket(t)
	inode := socketInode(t, socket)
	pid, end := startCat(t, []*os.File{socket}, "cat")
	check := func(when string, pid int) {
		t.Helper()
		if got, ok := p.Lookup(inode); !ok || got.PID != pid {
			t.Errorf("%s: got %v %v, want process %d", when, got, ok, pid)
		}
	}
	check("shared with its parent", min(pid, os.Getpid()))
	socket.Close()
	now = now.Add(time.Minute)
	check("passed on", pid)
	if got, _ := p.Lookup(inode); got.Name != "cat" {
		t.Errorf("got %v, want cat", got)
	}
	if got, ok := p.ProcessByPID(pid); !ok || got.Name != "cat" {
		t.Errorf("ProcessByPID(%d) = %v, %v", pid, got, ok)
	}
	end()
	now = now.Add(time.Minute)
	check("ended", pid)
	if reason, yes := p.Restricted(); yes && strings.Contains(reason, "run as root") {
		t.Errorf("Restricted() = %q as root", reason)
	}
}

// The kernel gives the inode of a deleted namespace to one of the next, which
// must not get its name.
func TestRootReusedInodes(t *testing.T) {
	needRoot(t, "ip")
	now := time.Now()
	s := NewNamespaces(Config{Now: func() time.Time { return now }})
	for i := range 15 {
		name, inode := addNetNS(t, fmt.Sprintf("i%d", i))
		now = now.Add(time.Second)
		if got := s.Name(inode); got != name {
			t.Errorf("namespace is %q, want %q", got, name)
		}
		run(t, "ip", "netns", "del", name)
		now = now.Add(time.Second)
		if got := s.Name(inode); got != name && strings.HasPrefix(got, "dwown") {
			t.Errorf("deleted namespace is %q, want %q", got, name)
		}
	}
}

// Namespaces and processes that come and go during the scans must not spoil
// the names of those that stay.
func TestRootDeletionRaces(t *testing.T) {
	needRoot(t, "ip", "cat")
	name, inode := addNetNS(t, "s")
	run(t, "ip", "-n", name, "link", "add", "v", "index", "77", "type", "veth", "peer", "name", "p")
	socket := socketInode(t, udpSocket(t))
	want := dropmon.Drop{
		NetNS: dropmon.NetNS{Inode: inode, Name: name}, Interface: dropmon.Interface{Index: 77, Name: "v"},
		Socket: socket,
	}
	var over atomic.Bool
	var naming sync.WaitGroup
	naming.Go(func() {
		for !over.Load() {
			checkUnchecked(t, want)
		}
	})
	for i := range 15 {
		other, _ := addNetNS(t, fmt.Sprintf("r%d", i))
		_, end := startCat(t, nil, "cat")
		run(t, "ip", "netns", "del", other)
		end()
	}
	over.Store(true)
	naming.Wait()
}

// checkUnchecked primes and fills while nothing that is remembered is believed.
func checkUnchecked(t *testing.T, want dropmon.Drop) {
	now := time.Now()
	n := New(Config{Now: func() time.Time { return now }})
	for range 5 {
		if err := n.Prime(); err != nil {
			t.Error(err)
		}
		now = now.Add(time.Minute)
		got := want
		got.NetNS.Name, got.Interface.Name = "", ""
		n.Fill(&got)
		if got.Process.PID != os.Getpid() || got.NetNS != want.NetNS || got.Interface != want.Interface {
			t.Errorf("got %v, want %v of ourselves", got, want)
		}
	}
}

func TestRootWithoutPrivileges(t *testing.T) {
	needRoot(t, "ip", "setpriv")
	name, _ := addNetNS(t, "u")
	binary := readableCopy(t)
	cmd := exec.Command("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
		binary, "-test.v", "-test.run", "Unprivileged|NeedNoPrivileges|FilesThatAreNo")
	cmd.Env = append(os.Environ(), envNetNS+"="+name, "TMPDIR="+os.TempDir())
	cmd.Dir = "/"
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got := strings.Count(string(out), "--- PASS"); got != 4 || strings.Contains(string(out), "--- SKIP") {
		t.Errorf("%d tests passed, want 4:\n%s", got, out)
	}
}

// readableCopy puts this test binary where every user may run it.
func readableCopy(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "dwown")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "owner.test")
	if err := os.WriteFile(path, data, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}
