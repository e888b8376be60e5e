package sockstat

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// connect starts a connection and does not wait for it.
func connect(from *unix.SockaddrInet4, to unix.Sockaddr) (int, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	if from != nil { // also an address that is not ours
		err = errors.Join(unix.SetsockoptInt(fd, unix.SOL_IP, unix.IP_TRANSPARENT, 1), unix.Bind(fd, from))
	}
	if err == nil {
		err = unix.Connect(fd, to)
	}
	if errors.Is(err, unix.EINPROGRESS) {
		err = nil
	}
	return fd, err
}

func listener(local unix.Sockaddr, backlog int) (int, error) {
	fd, err := bound(unix.SOCK_STREAM, local)
	if err != nil {
		return fd, err
	}
	return fd, unix.Listen(fd, backlog)
}

func TestRootListen(t *testing.T) {
	inNamespace(t, func() error {
		// A connection from there stays half open: what answers it is lost.
		for _, arguments := range []string{
			"link add v0 type veth peer name v1", "link set v0 up", "link set v1 up",
			"addr add 198.51.100.1/32 dev lo", "route add 192.0.2.0/24 dev v0",
		} {
			if out, err := exec.Command("ip", strings.Fields(arguments)...).CombinedOutput(); err != nil {
				return fmt.Errorf("ip %s: %w: %s", arguments, err, out)
			}
		}
		const backlog, waiting, halfOpen = 10, 4, 3
		server := &unix.SockaddrInet4{Port: 80, Addr: [4]byte{198, 51, 100, 1}}
		fd, err := listener(server, backlog)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		for i := range waiting + halfOpen {
			from := (*unix.SockaddrInet4)(nil)
			if i >= waiting {
				from = &unix.SockaddrInet4{Addr: [4]byte{192, 0, 2, 1}}
			}
			client, err := connect(from, server)
			if err != nil {
				return fmt.Errorf("connection %d: %w", i, err)
			}
			defer unix.Close(client)
		}
		got, err := awaitListen(fd, waiting)
		if err != nil {
			return err
		}
		want := Listen{Accept: waiting, Limit: backlog, HalfOpen: halfOpen, HalfOpenKnown: true}
		if got.Listen != want {
			t.Errorf("got %+v, want %+v", got.Listen, want)
		}
		if got.State != Listening || got.ReceiveQueue != 0 || got.SendQueue != 0 {
			t.Errorf("got %+v", got)
		}
		return nil
	})
}

// awaitListen lists until the handshakes of connections are over, which the
// kernel does at its leisure.
func awaitListen(fd int, accept uint32) (*Socket, error) {
	inode, err := inodeOf(fd)
	if err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(5 * time.Second); ; {
		sockets, err := list(Query{Protocols: TCP, HalfOpen: true})
		if err != nil {
			return nil, err
		}
		s, err := only(sockets, inode)
		if err != nil || s.Listen.Accept == accept || time.Now().After(deadline) {
			return s, err
		}
	}
}

// A full accept queue holds one more than its limit.
func TestRootListenFull(t *testing.T) {
	inNamespace(t, func() error {
		const backlog = 2
		fd, err := listener(loopback(81), backlog)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		for range 3 * backlog {
			client, err := connect(nil, loopback(81))
			if err != nil {
				return err
			}
			defer unix.Close(client)
		}
		got, err := awaitListen(fd, backlog+1)
		if err != nil {
			return err
		}
		if got.Listen.Accept != backlog+1 || got.Listen.Limit != backlog {
			t.Errorf("got %+v, want %d of %d", got.Listen, backlog+1, backlog)
		}
		return nil
	})
}
