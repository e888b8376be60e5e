package sockstat

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const (
	manyUDP  = 2000
	manyTCP  = 100_000
	queueTCP = 4000 // connections that wait at each listener
	// enough is for slow machines: with fewer sockets the test is weaker.
	enough = 20 * time.Second
)

// crowd is a namespace with many sockets, one of which loses datagrams. Its
// connections need no file: one end waits to be accepted, the other is closed.
type crowd struct {
	fds         []int
	lossy       uint32
	connections int
}

func (c *crowd) close() {
	for _, fd := range c.fds {
		unix.Close(fd)
	}
}

func (c *crowd) add(fd int, err error) error {
	if fd >= 0 {
		c.fds = append(c.fds, fd)
	}
	return err
}

func (c *crowd) addUDP(sockets int) error {
	for i := range sockets - 1 {
		local := unix.Sockaddr(&unix.SockaddrInet4{Port: 2000 + i})
		if i%2 == 1 {
			local = &unix.SockaddrInet6{Port: 2000 + i}
		}
		if err := c.add(bound(unix.SOCK_DGRAM, local)); err != nil {
			return err
		}
	}
	fd, err := overflow(unix.SOCK_DGRAM, 0, loopback(1999), 100)
	if err := c.add(fd, err); err != nil {
		return err
	}
	c.lossy, err = inodeOf(fd)
	return err
}

func (c *crowd) addTCP(sockets int) error {
	start := time.Now()
	for port := 100; c.connections < sockets && time.Since(start) < enough; port++ {
		to := loopback(port)
		fd, err := listener(to, queueTCP)
		if err := c.add(fd, err); err != nil {
			return err
		}
		for range min(queueTCP, sockets-c.connections) {
			fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
			if err != nil {
				return err
			}
			if err := errors.Join(unix.Connect(fd, to), unix.Close(fd)); err != nil {
				return fmt.Errorf("connection %d: %w", c.connections, err)
			}
			c.connections++
		}
	}
	return nil
}

// What arrives from the kernel must depend on the sockets with losses and on
// those that listen, not on how many there are.
func TestRootManySockets(t *testing.T) {
	tcp := manyTCP
	if os.Getenv("VMTEST") != "" || testing.Short() {
		tcp = 200 // emulated machines are small and slow
	}
	inNamespace(t, func() error {
		var crowd crowd
		defer crowd.close()
		if err := errors.Join(crowd.addUDP(manyUDP), crowd.addTCP(tcp)); err != nil {
			return err
		}
		c, err := Open(0)
		if err != nil {
			return err
		}
		defer c.Close()
		everything, err := c.measure(t, "all sockets", Query{})
		if err != nil {
			return err
		}
		if len(everything.sockets) < manyUDP {
			t.Errorf("listed %d sockets", len(everything.sockets))
		}
		return crowd.sample(t, c, everything.bytes)
	})
}

func (c *crowd) sample(t *testing.T, conn *Conn, whole uint64) error {
	for range 3 {
		got, err := conn.measure(t, "with drops", Query{Dropped: true})
		if err != nil {
			return err
		}
		if len(got.sockets) != 1 || got.sockets[0].Inode != c.lossy || got.sockets[0].Drops == 0 {
			t.Errorf("listed %v, want inode %d", got.sockets, c.lossy)
		}
		// half of the datagrams are for learning, the first time
		if got.bytes > whole/2 {
			t.Errorf("%d bytes, all sockets are %d", got.bytes, whole)
		}
	}
	// 16 bytes for each full datagram, one datagram with the socket, those
	// that end the dumps
	filtered, err := conn.measure(t, "UDP with drops", Query{Protocols: UDP, Dropped: true})
	if err != nil {
		return err
	}
	if most := uint64(manyUDP*headerOf/messagesOf + 4*filteredBytes()); filtered.bytes > most {
		t.Errorf("%d bytes for one socket with drops among %d, want at most %d", filtered.bytes, manyUDP, most)
	}
	listening, err := conn.measure(t, "listening", Query{Protocols: TCP})
	if err != nil {
		return err
	}
	listeners := (c.connections + queueTCP - 1) / queueTCP
	if most := uint64((listeners + 2) * 256); len(listening.sockets) != listeners || listening.bytes > most {
		t.Errorf("%d bytes for %d listening sockets among %d connections, want at most %d for %d",
			listening.bytes, len(listening.sockets), c.connections, most, listeners)
	}
	return nil
}

const (
	headerOf   = unix.SizeofNlMsghdr
	messagesOf = 4096 / 256 // at least, in a full datagram
)

type measured struct {
	sockets []Socket
	bytes   uint64
}

func (c *Conn) measure(t *testing.T, what string, q Query) (measured, error) {
	was, start := c.Received(), time.Now()
	sockets, _, err := all(c, q)
	m := measured{sockets, c.Received() - was}
	t.Logf("%s: %d sockets, %d bytes, %v", what, len(sockets), m.bytes, time.Since(start))
	return m, err
}
