package peer

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/memberlist"
	"golang.org/x/sys/unix"
)

// dial opens a socket that sends to a node only.
func dial(t *testing.T, network, address string) net.Conn {
	t.Helper()
	c, err := net.DialTimeout(network, address, patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func send(t *testing.T, c net.Conn, packet []byte) {
	t.Helper()
	if _, err := c.Write(packet); err != nil {
		t.Fatal(err)
	}
}

// TestSizes holds that the longest packet is read whole, and a longer one not at
// all.
func TestSizes(t *testing.T) {
	n, box := start(t, Config{Name: "n", Keys: [][]byte{key(1)}})
	c := dial(t, "udp", n.address())
	longest := strings.Repeat("x", maxPacket-len(labelHead)-29-1)
	packet := sealed(t, 1, user(longest))
	if len(packet) != maxPacket {
		t.Fatalf("%d bytes", len(packet))
	}
	send(t, c, packet)
	send(t, c, append(packet, 0))
	send(t, c, make([]byte, 60000))
	send(t, c, nil)
	send(t, c, sealed(t, 1, user("last")))
	waitFor(t, n.front, Counts{Records: 2, TooLong: 2, Label: 1})
	if box.count(longest) != 1 || box.last() != c.LocalAddr().(*net.UDPAddr).AddrPort() {
		t.Errorf("from %v, not %v", box.last(), c.LocalAddr())
	}
}

// TestFamilies sends a record and joins by each family a node listens at.
func TestFamilies(t *testing.T) {
	for bind, by := range map[string][]string{
		"127.0.0.1:0": {"127.0.0.1"}, "[::1]:0": {"::1"}, "[::ffff:127.0.0.1]:0": {"127.0.0.1"}, "0.0.0.0:0": {"127.0.0.1"}, "[::]:0": {"127.0.0.1", "::1"}, ":0": {"127.0.0.1", "::1"},
	} {
		s, err := listen(bind)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Shutdown() })
		var got netip.AddrPort
		arrived := make(chan bool, 1)
		f, err := newFront(&Config{Receive: func(_ []byte, from netip.AddrPort) { got = from; arrived <- true }}, s, defaultLimits)
		if err != nil {
			t.Fatal(err)
		}
		s.serve(f)
		for _, host := range by {
			at := netip.AddrPortFrom(netip.MustParseAddr(host), uint16(s.port()))
			if _, err := s.WriteToAddress(append(labelHead[:len(labelHead):len(labelHead)], user("x")...), memberlist.Address{Addr: at.String()}); err != nil {
				t.Fatal(err)
			}
			<-arrived
			if got != at {
				t.Errorf("%s: from %v, not %v", bind, got, at)
			}
			c, err := s.DialAddressTimeout(memberlist.Address{Addr: at.String()}, patience)
			if err != nil {
				t.Fatal(err)
			}
			c.Close()
		}
	}
	s, err := listen("0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Shutdown()
	if _, err := s.WriteToAddress([]byte("x"), memberlist.Address{Addr: "[::1]:9"}); err == nil {
		t.Error("IPv4 only, and sends by IPv6")
	}
}

func TestListenErrors(t *testing.T) {
	taken, err := listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Shutdown()
	for bind, want := range map[string]string{
		"":                             "missing port",
		"127.0.0.1":                    "missing port",
		"127.0.0.1:x":                  "want the address of an interface and a port",
		"127.0.0.1:65536":              "want the address of an interface and a port",
		"localhost:1513":               "want the address of an interface and a port",
		"192.0.2.1:0":                  "cannot assign requested address",
		taken.udp.LocalAddr().String(): "address already in use",
	} {
		s, err := listen(bind)
		if err == nil {
			s.Shutdown()
		}
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "listen at ") {
			t.Errorf("%q: %v, want %q", bind, err, want)
		}
	}
}

// TestAdvertise holds that others are told an address that they can reach.
func TestAdvertise(t *testing.T) {
	for bind, want := range map[string]string{"127.0.0.1:0": "127.0.0.1", "[::1]:0": "::1"} {
		s, err := listen(bind)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Shutdown()
		ip, port, err := s.FinalAdvertiseAddr("", 1)
		if err != nil || ip.String() != want || port != s.port() || port == 0 {
			t.Errorf("%s: %v, %d, %v", bind, ip, port, err)
		}
		if ip, port, err := s.FinalAdvertiseAddr("10.1.2.3", 9); err != nil || ip.String() != "10.1.2.3" || port != 9 {
			t.Errorf("told: %v, %d, %v", ip, port, err)
		}
		if _, _, err := s.FinalAdvertiseAddr("host", 9); err == nil {
			t.Error("a name was taken for an address")
		}
	}
	s, err := listen("0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Shutdown()
	ip, port, err := s.FinalAdvertiseAddr("", 1)
	if err != nil {
		if !strings.Contains(err.Error(), "none but loopback") {
			t.Error(err)
		}
		return
	}
	if a, ok := netip.AddrFromSlice(ip); !ok || !a.Is4() || a.IsLoopback() || a.IsUnspecified() || port != s.port() {
		t.Errorf("all addresses: %v, %d", ip, port)
	}
}

// TestNewlyLost holds how the kernel's count is read, which wraps.
func TestNewlyLost(t *testing.T) {
	told := func(total uint32) []byte {
		b := make([]byte, unix.CmsgSpace(4))
		binary.NativeEndian.PutUint64(b, uint64(unix.CmsgLen(4)))
		binary.NativeEndian.PutUint32(b[8:], unix.SOL_SOCKET)
		binary.NativeEndian.PutUint32(b[12:], unix.SO_RXQ_OVFL)
		binary.NativeEndian.PutUint32(b[16:], total)
		return b
	}
	other := told(7)
	binary.NativeEndian.PutUint32(other[12:], unix.SO_TIMESTAMP)
	var s sockets
	for i, c := range []struct {
		control []byte
		want    uint64
	}{
		{nil, 0}, {told(5), 5}, {told(5), 0}, {told(9), 4}, {told(8), 0}, {told(10), 1}, {other, 0}, {told(10)[:12], 0},
		{told(1<<31 + 5), 1<<31 - 5}, {told(1<<32 - 1), 1<<31 - 6}, {told(3), 4},
	} {
		if got := s.newlyLost(c.control); got != c.want {
			t.Errorf("%d: %d, want %d", i, got, c.want)
		}
	}
}

// TestShutdownWhileAllComes ends sockets that are written to all the while.
func TestShutdownWhileAllComes(t *testing.T) {
	for range 20 {
		s, err := listen("127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		f, err := newFront(&Config{}, s, defaultLimits)
		if err != nil {
			t.Fatal(err)
		}
		s.serve(f)
		c := dial(t, "udp", s.udp.LocalAddr().String())
		stop := make(chan bool)
		ended := make(chan bool)
		go func() {
			defer close(ended)
			for {
				select {
				case <-stop:
					return
				default:
					_, _ = c.Write(labelHead)
				}
			}
		}()
		tcp := dial(t, "tcp", s.udp.LocalAddr().String())
		for f.counted.malformed.Load() == 0 {
			time.Sleep(time.Millisecond)
		}
		if err := f.Shutdown(); err != nil {
			t.Error(err)
		}
		if err := f.Shutdown(); err != nil {
			t.Errorf("again: %v", err)
		}
		close(stop)
		<-ended
		if err := tcp.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		if _, err := tcp.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a connection is still open: %v", err)
		}
	}
}
