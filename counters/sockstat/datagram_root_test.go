package sockstat

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// overflow makes a socket that nobody reads, with little room, and sends more
// to it than it holds.
func overflow(kind, protocol int, to unix.Sockaddr, datagrams int) (int, error) {
	family := unix.AF_INET
	if _, ok := to.(*unix.SockaddrInet6); ok {
		family = unix.AF_INET6
	}
	receiver, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC, protocol)
	if err != nil {
		return -1, err
	}
	err = errors.Join(
		unix.SetsockoptInt(receiver, unix.SOL_SOCKET, unix.SO_RCVBUF, 4096),
		unix.Bind(receiver, to))
	if err != nil {
		return receiver, err
	}
	sender, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC, protocol)
	if err != nil {
		return receiver, err
	}
	defer unix.Close(sender)
	for range datagrams {
		if err := unix.Sendto(sender, make([]byte, 1000), 0, to); err != nil {
			return receiver, err
		}
	}
	return receiver, nil
}

// protocolCounter reads a counter of this thread's namespace.
func protocolCounter(group, name string) (uint64, error) {
	text, err := os.ReadFile("/proc/thread-self/net/snmp")
	if err != nil {
		return 0, err
	}
	var names []string
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if fields[0] != group+":" {
			continue
		}
		for i := range names {
			if names[i] == name {
				return strconv.ParseUint(fields[i], 10, 64)
			}
		}
		names = fields
	}
	return 0, fmt.Errorf("no counter %s.%s", group, name)
}

// only is the one socket of a listing with an inode.
func only(sockets []Socket, inode uint32) (*Socket, error) {
	var found *Socket
	for i := range sockets {
		if sockets[i].Inode == inode {
			if found != nil {
				return nil, fmt.Errorf("inode %d is there twice", inode)
			}
			found = &sockets[i]
		}
	}
	if found == nil {
		return nil, fmt.Errorf("inode %d is not among %d sockets", inode, len(sockets))
	}
	return found, nil
}

func TestRootUDPDrops(t *testing.T) {
	inNamespace(t, func() error {
		before, err := list(Query{Protocols: UDP})
		if err != nil {
			return err
		}
		fd, err := overflow(unix.SOCK_DGRAM, 0, loopback(5300), 100)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		inode, err := inodeOf(fd)
		if err != nil {
			return err
		}
		lost, err := protocolCounter("Udp", "RcvbufErrors")
		if err != nil {
			return err
		}
		if lost == 0 || lost >= 100 {
			return fmt.Errorf("the kernel counts %d lost datagrams of 100", lost)
		}
		for _, q := range []Query{{}, {Protocols: UDP}, {Protocols: UDP, Dropped: true}, {Dropped: true}} {
			after, err := list(q)
			if err != nil {
				return err
			}
			s, err := only(after, inode)
			if err != nil {
				return fmt.Errorf("%+v: %w", q, err)
			}
			if !s.DropsKnown || uint64(s.Drops) != lost {
				t.Errorf("%+v: %d drops, want %d", q, s.Drops, lost)
			}
			if want := fmt.Sprintf("udp 127.0.0.1:5300 inode %d", inode); s.String() != want {
				t.Errorf("named %q, want %q", s, want)
			}
			if s.Memory.ReceiveBuffer != 8192 || s.ReceiveQueue == 0 || s.Memory.Received < 1000 {
				t.Errorf("memory %+v, queue %d", s.Memory, s.ReceiveQueue)
			}
			if got := DropsBySocket(before, after); got[inode] != lost || len(got) != 1 {
				t.Errorf("drops by socket %v, want %d of %d", got, lost, inode)
			}
		}
		return nil
	})
}

func TestRootDatagramProtocols(t *testing.T) {
	inNamespace(t, func() error {
		v6 := &unix.SockaddrInet6{Port: 5301, Addr: [16]byte{15: 1}}
		for _, test := range []struct {
			protocol     Protocol
			kind, number int
			to           unix.Sockaddr
			name         string
		}{
			{UDP, unix.SOCK_DGRAM, 0, v6, "udp [::1]:5301"},
			{UDPLite, unix.SOCK_DGRAM, unix.IPPROTO_UDPLITE, loopback(5302), "udplite 127.0.0.1:5302"},
			{Raw, unix.SOCK_RAW, 253, loopback(0), "raw 127.0.0.1 protocol 253"},
		} {
			fd, err := overflow(test.kind, test.number, test.to, 50)
			if errors.Is(err, unix.EPROTONOSUPPORT) {
				t.Logf("this kernel has no %v", test.protocol)
				continue
			}
			if err != nil {
				return fmt.Errorf("%v: %w", test.protocol, err)
			}
			if err := lists(t, fd, test.protocol, test.name); err != nil {
				return err
			}
		}
		return nil
	})
}

// lists checks that the socket that overflowed is listed with its drops, or
// its protocol as missing.
func lists(t *testing.T, fd int, protocol Protocol, name string) error {
	defer unix.Close(fd)
	inode, err := inodeOf(fd)
	if err != nil {
		return err
	}
	c, err := Open(0)
	if err != nil {
		return err
	}
	defer c.Close()
	sockets, missing, err := all(c, Query{Protocols: protocol})
	if err != nil {
		return err
	}
	if missing != 0 {
		if missing != protocol || len(sockets) != 0 || protocol == UDP {
			t.Errorf("%v is missing with %d sockets", missing, len(sockets))
		}
		t.Logf("this kernel cannot list %v", missing)
		return nil
	}
	s, err := only(sockets, inode)
	if err != nil {
		return fmt.Errorf("%v: %w", protocol, err)
	}
	if want := fmt.Sprintf("%s inode %d", name, inode); s.String() != want || s.Drops == 0 || s.Drops >= 50 {
		t.Errorf("%q with %d drops, want %q", s, s.Drops, want)
	}
	return nil
}
