package firewall

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
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
			err = run("", "ip link set lo up")
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

// output runs a program in this thread's namespace. The line is split at spaces.
func output(stdin, line string) (string, error) {
	fields := strings.Fields(line)
	command := exec.Command(fields[0], fields[1:]...)
	command.Stdin = strings.NewReader(stdin)
	var out, complaint bytes.Buffer
	command.Stdout, command.Stderr = &out, &complaint
	if err := command.Run(); err != nil {
		return "", fmt.Errorf("%s: %w: %s", line, err, bytes.TrimSpace(complaint.Bytes()))
	}
	return out.String(), nil
}

func run(stdin string, lines ...string) error {
	for _, line := range lines {
		if _, err := output(stdin, line); err != nil {
			return err
		}
	}
	return nil
}

// load gives rules to nft.
func load(ruleset string) error { return run(ruleset, "nft -f -") }

// read lists the rules of a system in this thread's namespace.
func read(system System) ([]Rule, error) {
	c, err := Open(0)
	if err != nil {
		return nil, err
	}
	rules, err := c.Rules(system, nil)
	return rules, errors.Join(err, c.Close())
}

// A packet is an IPv4 or IPv6 datagram with UDP.
const (
	payloadBytes = 100
	bytes4       = 20 + 8 + payloadBytes
	bytes6       = 40 + 8 + payloadBytes
)

// send sends datagrams through the loopback interface. Those that a rule
// rejects on their way out give an error, which is no matter here.
func send(to unix.Sockaddr, datagrams int) error {
	family := unix.AF_INET
	if _, ok := to.(*unix.SockaddrInet6); ok {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	for range datagrams {
		if err := unix.Sendto(fd, make([]byte, payloadBytes), 0, to); err != nil && !errors.Is(err, unix.EPERM) {
			return err
		}
	}
	return nil
}

func local4(port int) unix.Sockaddr {
	return &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}
}

func local6(port int) unix.Sockaddr {
	return &unix.SockaddrInet6{Port: port, Addr: [16]byte{15: 1}}
}

// frame is a UDP datagram on the wire.
func frame(to [6]byte, port uint16) []byte {
	order := binary.BigEndian
	f := append(to[:], 2, 0, 0, 0, 0, 0x99, 0x08, 0x00)
	f = append(f, 0x45, 0)
	f = order.AppendUint16(f, bytes4)
	f = append(f, 0, 0, 0, 0, 64, unix.IPPROTO_UDP, 0, 0, 192, 0, 2, 7, 198, 51, 100, 9)
	order.PutUint16(f[24:], checksum(f[14:34]))
	f = order.AppendUint16(f, 4000)
	f = order.AppendUint16(f, port)
	f = order.AppendUint16(f, 8+payloadBytes)
	return append(f, make([]byte, 2+payloadBytes)...)
}

func checksum(header []byte) uint16 {
	var sum uint32
	for i := 0; i < len(header); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(header[i:]))
	}
	return ^uint16(sum + sum>>16)
}

// inject sends frames out of an interface.
func inject(device string, frame []byte, frames int) error {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	request, err := unix.NewIfreq(device)
	if err != nil {
		return err
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFINDEX, request); err != nil {
		return err
	}
	to := &unix.SockaddrLinklayer{Ifindex: int(request.Uint32()), Protocol: 8}
	for range frames {
		if err := unix.Sendto(fd, frame, 0, to); err != nil {
			return fmt.Errorf("send frame on %s: %w", device, err)
		}
	}
	return nil
}
