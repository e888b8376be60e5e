package sockstat

import (
	"fmt"
	"net"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// No privilege is needed in one's own namespace.
func TestSocketsUnprivileged(t *testing.T) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	sockets, err := list(Query{Protocols: UDP})
	if err != nil {
		t.Fatal(err)
	}
	for i := range sockets {
		if sockets[i].Local == conn.LocalAddr().(*net.UDPAddr).AddrPort() {
			if s := &sockets[i]; s.Inode == 0 || s.Cookie == 0 || !s.DropsKnown || s.UID != uint32(os.Getuid()) {
				t.Errorf("got %+v", s)
			}
			return
		}
	}
	t.Errorf("%v is not among %d sockets", conn.LocalAddr(), len(sockets))
}

func TestOpenRefusesNoNamespace(t *testing.T) {
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := Open(int(file.Fd())); err == nil {
		t.Error("a file that is no namespace is accepted")
	}
}

// A connection keeps to the namespace that it was opened in.
func TestRootOtherNamespace(t *testing.T) {
	var file *os.File
	var fd int
	inNamespace(t, func() error {
		var err error
		if file, err = os.Open("/proc/thread-self/ns/net"); err != nil {
			return err
		}
		fd, err = bound(unix.SOCK_DGRAM, loopback(5304))
		return err
	})
	defer file.Close()
	defer unix.Close(fd)
	c, err := Open(int(file.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for range 2 {
		sockets, _, err := all(c, Query{Protocols: UDP | TCP})
		if err != nil {
			t.Fatal(err)
		}
		inode, err := inodeOf(fd)
		if err != nil {
			t.Fatal(err)
		}
		if len(sockets) != 1 || sockets[0].Inode != inode {
			t.Errorf("listed %v, want inode %d only", sockets, inode)
		}
	}
}

func TestDecodeAllocatesNothing(t *testing.T) {
	data := captured(t, "udp6-6.18")
	var s Socket
	if n := testing.AllocsPerRun(100, func() {
		if err := s.decodeInet(UDP, data); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations for each socket", n)
	}
}

func BenchmarkSockets(b *testing.B) {
	for _, test := range []struct {
		name  string
		query Query
	}{
		{"all", Query{Protocols: UDP}},
		{"dropped", Query{Protocols: UDP, Dropped: true}},
	} {
		b.Run(test.name+"/1000", func(b *testing.B) {
			inNamespace(b, func() error { return benchmarkSockets(b, test.query) })
		})
	}
}

func benchmarkSockets(b *testing.B, q Query) error {
	var crowd crowd
	defer crowd.close()
	if err := crowd.addUDP(1000); err != nil {
		return err
	}
	c, err := Open(0)
	if err != nil {
		return err
	}
	defer c.Close()
	found := 0
	b.ReportAllocs()
	for b.Loop() {
		found = 0
		if _, err := c.Sockets(q, func(*Socket) { found++ }); err != nil {
			return err
		}
	}
	b.ReportMetric(float64(c.Received())/float64(b.N), "received-B/op")
	if found == 0 {
		return fmt.Errorf("no socket is listed")
	}
	return nil
}
