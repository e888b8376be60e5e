package counters

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// A netns is a network namespace of a test, with lo up.
type netns struct {
	file  *os.File
	inode uint32
}

func newNetNS(t testing.TB) *netns {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	n := &netns{}
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends here
		done <- n.make()
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.file.Close() })
	return n
}

func (n *netns) make() error {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return err
	}
	if output, err := exec.Command("ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
		return &os.PathError{Op: string(output), Path: "ip", Err: err}
	}
	var err error
	if n.file, err = os.Open("/proc/thread-self/ns/net"); err != nil {
		return err
	}
	var stat unix.Stat_t
	err = unix.Fstat(int(n.file.Fd()), &stat)
	n.inode = uint32(stat.Ino)
	return err
}

// run calls fn inside the namespace.
func (n *netns) run(t testing.TB, fn func() error) {
	t.Helper()
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if err := unix.Setns(int(n.file.Fd()), unix.CLONE_NEWNET); err != nil {
			done <- err
			return
		}
		done <- fn()
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// sendToNobody sends datagrams to a UDP port where nobody listens. Each comes
// back as an error of the next one, which is then sent again.
func sendToNobody(count int) error {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return err
	}
	defer conn.Close()
	for range count {
		if _, err := conn.WriteToUDP([]byte("nobody"), &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9}); err != nil {
			return err
		}
	}
	return nil
}

func TestRootReader(t *testing.T) {
	n := newNetNS(t)
	r, err := Open(Config{NetNS: int(n.file.Fd())})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	before := sample(t, r)
	n.run(t, func() error { return sendToNobody(100) })
	after := sample(t, r)

	if before.NetNS != n.inode || r.NetNS() != n.inode {
		t.Errorf("namespace %d, want %d", before.NetNS, n.inode)
	}
	deltas := make(map[string]uint64)
	for _, c := range Diff(before, after) {
		if c.Scope.NetNS == 0 {
			continue // the host goes on meanwhile
		}
		if c.Scope.NetNS != n.inode {
			t.Errorf("%+v is of another namespace", c)
		}
		if meta, ok := Lookup(c.Name); ok && meta.Loss && c.Delta > 0 {
			deltas[c.Name] = c.Delta
		}
	}
	if diff := cmp.Diff(map[string]uint64{"Udp.NoPorts": 100}, deltas); diff != "" {
		t.Errorf("losses (-want +got)\n%s", diff)
	}
}

// TestRootReaderOutlivesItsThread opens in a namespace that no thread is in any
// more when the sample is taken.
func TestRootReaderOutlivesItsThread(t *testing.T) {
	n := newNetNS(t)
	var r *Reader
	n.run(t, func() (err error) {
		r, err = Open(Config{})
		return err
	})
	defer r.Close()
	if r.NetNS() != n.inode {
		t.Errorf("namespace %d, want %d", r.NetNS(), n.inode)
	}
	s := sample(t, r)
	if c, ok := s.Lookup("Udp.NoPorts", Scope{NetNS: n.inode}); !ok || c.Value != 0 {
		t.Errorf("%+v, %v", c, ok)
	}
	for _, source := range []string{"arp_cache", "ndisc_cache"} {
		if !slices.Contains(s.Absent, source) {
			t.Errorf("%s is not absent outside the first namespace; absent is %v", source, s.Absent)
		}
	}
}

// TestRootUnprivileged runs the tests that need no rights as nobody.
func TestRootUnprivileged(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root to become nobody")
	}
	binary := readableCopy(t)
	command := exec.Command("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
		binary, "-test.v", "-test.run", "^TestUnprivileged")
	command.Dir = "/"
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	if !strings.Contains(string(output), "--- PASS: TestUnprivileged") || strings.Contains(string(output), "--- SKIP") {
		t.Errorf("not run:\n%s", output)
	}
}

// readableCopy puts this test binary where every user may run it.
func readableCopy(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "counters")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	data, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "counters.test")
	if err := os.WriteFile(path, data, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}
