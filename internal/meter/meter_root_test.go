package meter

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"dropwatch/internal/owner"
	"dropwatch/internal/report"
)

// inNewNetNS makes a namespace with a loopback interface and returns a function
// that loses datagrams in it, and one that removes it.
func inNewNetNS(t *testing.T, name string) (lose func(n int), remove func()) {
	t.Helper()
	ip := func(args ...string) {
		t.Helper()
		if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
			t.Fatalf("ip %q: %v\n%s", args, err, out)
		}
	}
	ip("netns", "add", name)
	removed := false
	remove = func() {
		if !removed {
			removed = true
			ip("netns", "del", name)
		}
	}
	t.Cleanup(remove)
	ip("-n", name, "link", "set", "lo", "up")
	return func(n int) {
		t.Helper()
		done := make(chan error, 1)
		go func() { done <- loseDatagrams("/run/netns/"+name, n) }()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}, remove
}

// loseDatagrams must have a goroutine of its own: its thread ends with it.
func loseDatagrams(path string, n int) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	runtime.LockOSThread()
	if err := unix.Setns(int(file.Fd()), unix.CLONE_NEWNET); err != nil {
		return err
	}
	c, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer c.Close()
	for range n {
		if _, err := c.WriteTo([]byte("x"), &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9}); err != nil {
			return err
		}
	}
	return nil
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("network namespaces need root")
	}
}

// noPorts is what Udp.NoPorts did in namespaces of these names.
func noPorts(d *report.Counters, names ...string) map[string]uint64 {
	found := map[string]uint64{}
	for _, row := range d.Counters {
		if row.Name == "Udp.NoPorts" && row.NetNS != nil && slices.Contains(names, row.NetNS.Name) {
			found[row.NetNS.Name] = row.Delta
		}
	}
	return found
}

// Namespaces that come and go while we watch are counted, each for itself.
func TestRootNamespacesComeAndGo(t *testing.T) {
	needRoot(t)
	name := func(kind string) string { return fmt.Sprintf("dwmeter%d-%s", os.Getpid(), kind) }
	stays, goes, comes := name("stays"), name("goes"), name("comes")
	loseStays, _ := inNewNetNS(t, stays)
	loseGoes, removeGoes := inNewNetNS(t, goes)
	loseStays(1)
	m := New(Config{Namespaces: owner.NewNamespaces(owner.Config{})})
	defer m.Close()
	loseStays(10)
	loseGoes(20)
	loseComes, _ := inNewNetNS(t, comes)
	loseComes(30)
	m.Sample()
	removeGoes()
	loseStays(5)
	m.Sample()
	got := noPorts(m.Document(View{}), stays, goes, comes)
	if got[stays] != 15 || got[goes] != 20 || got[comes] != 30 {
		t.Errorf("got %v, want 15 in %s, 20 in %s, 30 in %s", got, stays, goes, comes)
	}
	m.Forward()
	loseComes(3)
	m.Sample()
	if got := noPorts(m.Document(View{}), stays, goes, comes); len(got) != 1 || got[comes] != 3 {
		t.Errorf("after Forward: got %v, want 3 in %s", got, comes)
	}
	if got := noPorts(m.Document(View{SinceBoot: true}), stays, comes); got[stays] != 16 || got[comes] != 33 {
		t.Errorf("since boot: got %v, want 16 in %s and 33 in %s", got, stays, comes)
	}
}

// A namespace that came later shows counters of the whole host as they stand;
// that they rose by that much must not be told.
func TestRootHostWideOfANewNamespace(t *testing.T) {
	needRoot(t)
	first := fmt.Sprintf("dwmeter%d-first", os.Getpid())
	inNewNetNS(t, first)
	namespaces := owner.NewNamespaces(owner.Config{})
	inode, err := namespaces.NamespaceByName(first)
	if err != nil {
		t.Fatal(err)
	}
	m := New(Config{Namespaces: namespaces, NetNS: []uint32{inode}})
	defer m.Close()
	inNewNetNS(t, fmt.Sprintf("dwmeter%d-later", os.Getpid()))
	m.config.NetNS = nil
	m.Sample()
	for _, c := range m.Changes() {
		if c.Scope.NetNS == 0 && c.Delta == c.After && c.After > 1000 {
			t.Errorf("%s %v rose by all that it ever counted, %d", c.Name, c.Scope, c.Delta)
		}
	}
}

// Our own namespace can be read without privileges, through no other way.
func TestDocumentOfOurOwn(t *testing.T) {
	namespaces := owner.NewNamespaces(owner.Config{})
	inode, err := namespaces.NamespaceByName("self")
	if err != nil {
		t.Fatal(err)
	}
	m := New(Config{Namespaces: namespaces, NetNS: []uint32{inode}})
	defer m.Close()
	if err := m.Refused(); err != nil {
		t.Fatal(err)
	}
	m.Sample()
	d := m.Document(View{All: true, Devices: []string{"lo"}})
	if d.Schema != report.CountersSchema || len(d.NetNS) != 1 || d.NetNS[0].Inode != inode || d.Seconds <= 0 || len(d.Counters) == 0 {
		t.Errorf("document %+v", d)
	}
	for _, row := range d.Counters {
		if row.Interface == nil || row.Interface.Name != "lo" {
			t.Errorf("%s is of %v, want lo only", row.Name, row.Interface)
		}
	}
	d = m.Document(View{SinceBoot: true})
	for _, row := range d.Counters {
		if !row.Loss || row.Delta == 0 || row.Delta != row.Value || row.PerSecond != nil {
			t.Errorf("since boot: %+v", row)
		}
	}
}
