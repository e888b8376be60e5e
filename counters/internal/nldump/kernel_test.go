package nldump

import (
	"encoding/binary"
	"errors"
	"net"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// udpRequest asks for the UDP sockets of this namespace: struct
// inet_diag_req_v2.
func udpRequest(family, protocol uint8) Request {
	body := make([]byte, 56)
	body[0], body[1] = family, protocol
	binary.NativeEndian.PutUint32(body[4:], 1<<32-1)
	return Request{Type: unix.SOCK_DIAG_BY_FAMILY, Body: body}
}

func dial(t *testing.T, config Config) *Conn {
	t.Helper()
	c, err := Dial(config)
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
	c := dial(t, Config{Family: unix.NETLINK_SOCK_DIAG})
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

// Programs can send to a netlink socket too. What they send is no answer.
func TestOnlyTheKernelIsBelieved(t *testing.T) {
	c := dial(t, Config{Family: unix.NETLINK_USERSOCK})
	var address unix.Sockaddr
	var err error
	if e := c.Control(func(fd uintptr) { address, err = unix.Getsockname(int(fd)) }); e != nil || err != nil {
		t.Fatal(e, err)
	}
	other, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_USERSOCK)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(other)
	if err := unix.Sendto(other, row(0, 1, "forged"), 0, address); err != nil {
		t.Fatal(err)
	}
	c.borrow()
	defer c.giveBack()
	datagram, err := c.receive()
	if len(datagram) != 0 || err != nil || c.Received() != 0 {
		t.Errorf("%d bytes are taken, %d counted, error %v", len(datagram), c.Received(), err)
	}
	if c.n != len(row(0, 1, "forged")) {
		t.Errorf("%d bytes came", c.n)
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
	if _, err := Dial(Config{Family: 31}); !errors.Is(err, unix.EPROTONOSUPPORT) {
		t.Errorf("a family that there is not: %v", err)
	}
}
