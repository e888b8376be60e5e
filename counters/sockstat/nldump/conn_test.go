package nldump

import (
	"encoding/binary"
	"errors"
	"net"
	"os"
	"testing"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// udpRequest asks for the UDP sockets of this namespace: struct
// inet_diag_req_v2.
func udpRequest(family, protocol uint8) netlink.Message {
	data := make([]byte, 56)
	data[0], data[1] = family, protocol
	binary.NativeEndian.PutUint32(data[4:], 1<<32-1)
	return netlink.Message{Header: netlink.Header{Type: unix.SOCK_DIAG_BY_FAMILY, Flags: netlink.Dump}, Data: data}
}

func dialSockets(t *testing.T) *Conn {
	t.Helper()
	c, err := Dial(Config{Family: unix.NETLINK_SOCK_DIAG})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func TestAskKernel(t *testing.T) {
	udp, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	c := dialSockets(t)
	odd := errors.New("odd")
	// After an answer that was given up, and one that was refused, the next is
	// whole.
	for _, want := range []error{nil, odd, nil, unix.ENOENT, nil} {
		protocol, seen, was := uint8(unix.IPPROTO_UDP), 0, c.Received()
		if want == unix.ENOENT {
			protocol = 254
		}
		err := c.Ask(udpRequest(unix.AF_INET, protocol), func(Message) error {
			seen++
			if want == odd {
				return odd
			}
			return nil
		})
		if !errors.Is(err, want) || (seen == 0) != (want == unix.ENOENT) || c.Received() == was {
			t.Errorf("got %v after %d messages, want %v", err, seen, want)
		}
	}
}

// The kernel takes the program, and what comes is cut.
func TestSilenceInKernel(t *testing.T) {
	udp, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	c := dialSockets(t)
	length := 0
	count := func() (n int) {
		err := c.Ask(udpRequest(unix.AF_INET, unix.IPPROTO_UDP), func(m Message) error {
			n, length = n+1, m.Length
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		return n
	}
	if count() == 0 {
		t.Fatal("no socket")
	}
	const states, timers = headerBytes, headerBytes + 52 // words of struct inet_diag_msg
	closed := binary.NativeEndian.Uint32([]byte{unix.AF_INET, 7, 0, 0})
	other := Quiet{Length: length + 4, Mark: states, MarkValue: closed, Zero: timers}
	for _, test := range []struct {
		rules []Quiet
		want  bool
	}{
		{[]Quiet{other}, true},
		{[]Quiet{other, {Length: length, Mark: states, MarkValue: closed + 1, Zero: timers}}, true},
		{[]Quiet{{Length: length, Mark: states, MarkValue: closed, Zero: timers}}, false},
		{nil, true},
	} {
		if err := c.Silence(test.rules...); err != nil {
			t.Fatal(err)
		}
		// a socket of another process may be connected, and show itself
		if n := count(); (n > 0) != test.want && test.want {
			t.Errorf("%d sockets with %+v", n, test.rules)
		} else if n > 0 && !test.want {
			t.Logf("%d sockets with %+v: there is another one that tells something", n, test.rules)
		}
	}
}

func TestDialRefuses(t *testing.T) {
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := Dial(Config{Family: unix.NETLINK_SOCK_DIAG, NetNS: int(file.Fd())}); err == nil {
		t.Error("a file that is no namespace is accepted")
	}
}
