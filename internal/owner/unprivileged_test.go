//go:build linux

package owner

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"dropwatch/dropmon"
)

// envNetNS names a namespace that TestRootWithoutPrivileges made.
const envNetNS = "DROPWATCH_TEST_NETNS"

// socketInode returns the inode of a UDP socket.
func socketInode(t *testing.T, f *os.File) uint64 {
	t.Helper()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	return info.Sys().(*syscall.Stat_t).Ino
}

// udpSocket opens a UDP socket on the loopback address.
func udpSocket(t *testing.T) *os.File {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	f, err := conn.File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func ownInode(t *testing.T) uint32 {
	t.Helper()
	id, err := inspectNamespace("/proc/self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	return id.inode
}

func TestOwnNamespaceAndSocketNeedNoPrivileges(t *testing.T) {
	n := New(Config{})
	d := dropmon.Drop{
		NetNS:     dropmon.NetNS{Inode: ownInode(t)},
		Interface: dropmon.Interface{Index: 1},
		Socket:    socketInode(t, udpSocket(t)),
	}
	n.Fill(&d)
	if d.Process.PID != os.Getpid() || d.Process.Name == "" {
		t.Errorf("got %v, want ourselves, process %d", d.Process, os.Getpid())
	}
	if d.Interface.Name != "lo" {
		t.Errorf("interface 1 of our own namespace is %q, want lo", d.Interface.Name)
	}
	if d.NetNS.Name == "" {
		t.Error("our own namespace has no name")
	}
	if got, err := n.Namespaces.NamespaceByName(d.NetNS.Name); err != nil || got != d.NetNS.Inode {
		t.Errorf("NamespaceByName(%q) = %d, %v", d.NetNS.Name, got, err)
	}
	f, err := n.Namespaces.Open(d.NetNS.Inode)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
}

func TestFilesThatAreNoNamespace(t *testing.T) {
	for _, path := range []string{"/proc/self/ns/uts", "/proc/self/stat", "/dev/null", t.TempDir()} {
		if id, err := inspectNamespace(path); !errors.Is(err, errNotNetNS) {
			t.Errorf("%s: got %v, %v; want %v", path, id, err, errNotNetNS)
		}
	}
	if _, err := NewNamespaces(Config{}).NamespaceByName("/nowhere/b"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want fs.ErrNotExist", err)
	}
}

func TestUnprivilegedTellsWhatIsHidden(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root sees everything; TestRootWithoutPrivileges runs this as nobody")
	}
	n := New(Config{})
	if err := n.Prime(); err != nil {
		t.Fatal(err)
	}
	all := strings.Join(n.Restricted(), "\n")
	for _, want := range []string{"network namespaces of", "sockets of", "run as root"} {
		if !strings.Contains(all, want) {
			t.Errorf("Restricted() = %q, want %q in it", all, want)
		}
	}
	if _, err := n.Namespaces.NamespaceByName("pid:1"); !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "CAP_SYS_PTRACE") {
		t.Errorf("got %v, want permission denied and the cure", err)
	}
	if _, err := n.Namespaces.NamespaceByName("x"); err == nil || !strings.Contains(err.Error(), "we cannot see") {
		t.Errorf("got %v, want a hint that not all can be seen", err)
	}
}

func TestUnprivilegedNamedNamespace(t *testing.T) {
	name := os.Getenv(envNetNS)
	if name == "" {
		t.Skip("no network namespace to look at; TestRootWithoutPrivileges makes one")
	}
	n := New(Config{})
	list, err := n.Namespaces.List()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(list, func(ns dropmon.NetNS) bool { return ns.Name == name })
	if i < 0 {
		t.Fatalf("%q is not in %v", name, list)
	}
	if got := n.Namespaces.InterfaceName(list[i].Inode, 1); got != "" {
		t.Errorf("interface 1 is %q without privileges", got)
	}
	if reason, _ := n.Namespaces.Restricted(); !strings.Contains(reason, "CAP_SYS_ADMIN") {
		t.Errorf("Restricted() = %q, want CAP_SYS_ADMIN in it", reason)
	}
}
