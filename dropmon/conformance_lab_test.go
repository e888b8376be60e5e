package dropmon

import (
	"encoding/binary"
	"net"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"dropwatch/internal/scenario"
)

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

// strangeProtocol is an EtherType that nobody knows: its drops tell apart from
// all others of the host, also where a source knows no namespaces.
const strangeProtocol = 0xbe63

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newLab(t *testing.T) *scenario.Lab {
	t.Helper()
	lab, err := scenario.New(scenario.Options{})
	must(t, err)
	t.Cleanup(func() {
		if err := lab.Close(); err != nil {
			t.Error(err)
		}
	})
	return lab
}

// mountTracefs mounts a tracefs of its own.
func mountTracefs(t *testing.T) string {
	t.Helper()
	// Not t.TempDir, which removes what is below: that would be instances.
	root, err := os.MkdirTemp("", "tracefs")
	must(t, err)
	must(t, unix.Mount("tracefs", root, "tracefs", 0, ""))
	t.Cleanup(func() {
		if err := unix.Unmount(root, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
		if err := os.Remove(root); err != nil {
			t.Error(err)
		}
	})
	return root
}

// dropFrames drops frames of strangeProtocol, with reason UNHANDLED_PROTO,
// before it returns.
func dropFrames(t *testing.T, lab *scenario.Lab, frames int) {
	t.Helper()
	must(t, lab.Do(scenario.A, func() error {
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		order := binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, strangeProtocol))
		for range frames {
			if err := unix.Sendto(fd, make([]byte, 50), 0, &unix.SockaddrLinklayer{Protocol: order, Ifindex: 1, Halen: 6}); err != nil {
				return err
			}
		}
		return nil
	}))
}

// dropDatagrams sends datagrams to a port that nobody listens on.
func dropDatagrams(t *testing.T, lab *scenario.Lab, datagrams int) {
	t.Helper()
	sendDatagrams(t, lab, datagrams, func(int) (from, to int) { return 0, 9 })
}

// dropFlows sends datagrams that all differ in their ports.
func dropFlows(t *testing.T, lab *scenario.Lab, flows int) {
	t.Helper()
	const ports = 20000 // from each socket; below those that are given to sockets
	sendDatagrams(t, lab, flows, func(i int) (from, to int) { return i / ports, 1 + i%ports })
}

// sendDatagrams sends on the loopback interface. Ports gives the number of the
// socket, which is never less than the last, and the port.
func sendDatagrams(t *testing.T, lab *scenario.Lab, datagrams int, ports func(int) (from, to int)) {
	t.Helper()
	must(t, lab.Do(scenario.A, func() error {
		var sockets []net.PacketConn
		defer func() {
			for _, c := range sockets {
				c.Close()
			}
		}()
		for i := range datagrams {
			from, to := ports(i)
			if from == len(sockets) {
				c, err := net.ListenPacket("udp4", "127.0.0.1:0")
				if err != nil {
					return err
				}
				sockets = append(sockets, c)
			}
			if _, err := sockets[from].WriteTo([]byte("12 byte text"), &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: to}); err != nil {
				return err
			}
		}
		return nil
	}))
}
