package sockstat

import (
	"errors"
	"net"
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// inNamespace runs fn on a thread in a fresh namespace with a loopback
// interface. Thread and namespace end with it; fn must not call t.Fatal.
func inNamespace(t testing.TB, fn func() error) {
	t.Helper()
	if os.Geteuid() != 0 {
		if os.Getenv("DROPWATCH_CI") != "" {
			t.Fatal("run as root: network namespaces need it")
		}
		t.Skip("needs root for network namespaces")
	}
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlock
		err := unix.Unshare(unix.CLONE_NEWNET)
		if err == nil {
			err = setLoopback(unix.IFF_UP)
		}
		if err == nil {
			err = fn()
		}
		done <- err
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func setLoopback(flags uint16) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	request.SetUint16(flags)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request)
}

// all lists sockets into a slice.
func all(c *Conn, q Query) ([]Socket, Protocol, error) {
	var sockets []Socket
	missing, err := c.Sockets(q, func(s *Socket) { sockets = append(sockets, *s) })
	return sockets, missing, err
}

// list opens a connection in this thread's namespace for one listing.
func list(q Query) ([]Socket, error) {
	c, err := Open(0)
	if err != nil {
		return nil, err
	}
	sockets, _, err := all(c, q)
	return sockets, errors.Join(err, c.Close())
}

// bound makes a socket on a local address.
func bound(kind int, local unix.Sockaddr) (int, error) {
	family := unix.AF_INET
	if _, ok := local.(*unix.SockaddrInet6); ok {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	return fd, unix.Bind(fd, local)
}

// inodeOf is what a listing must call the socket.
func inodeOf(fd int) (uint32, error) {
	var stat unix.Stat_t
	err := unix.Fstat(fd, &stat)
	return uint32(stat.Ino), err
}

func loopback(port int) *unix.SockaddrInet4 {
	return &unix.SockaddrInet4{Port: port, Addr: [4]byte(net.IPv4(127, 0, 0, 1).To4())}
}
