package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// patience is how long a test waits for what must happen: an emulated machine
// on a busy host takes half a minute to start a program.
const patience = 90 * time.Second

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() == 0 {
		return
	}
	if os.Getenv("DROPWATCH_CI") != "" {
		t.Fatal("run as root: eBPF and network namespaces need it")
	}
	t.Skip("needs root for eBPF and network namespaces")
}

// A lab is a fresh network namespace with nothing but a loopback interface, so
// that no packet is dropped but those of the test.
type lab struct {
	name  string
	inode uint32
	file  *os.File
}

var labs atomic.Int32

func newLab(t *testing.T) *lab {
	t.Helper()
	needRoot(t)
	l := &lab{name: fmt.Sprintf("dwcmd%d-%d", os.Getpid(), labs.Add(1))}
	command(t, "ip", "netns", "add", l.name)
	t.Cleanup(func() { command(t, "ip", "netns", "del", l.name) })
	var err error
	if l.file, err = os.Open("/run/netns/" + l.name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.file.Close() })
	var stat unix.Stat_t
	if err := unix.Fstat(int(l.file.Fd()), &stat); err != nil {
		t.Fatal(err)
	}
	l.inode = uint32(stat.Ino)
	command(t, "ip", "-n", l.name, "link", "set", "lo", "up")
	return l
}

func command(t *testing.T, name string, args ...string) {
	t.Helper()
	if output, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, output)
	}
}

// do runs fn on a thread inside the namespace, which ends with it.
func (l *lab) do(t *testing.T, fn func() error) {
	t.Helper()
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if err := unix.Setns(int(l.file.Fd()), unix.CLONE_NEWNET); err != nil {
			done <- fmt.Errorf("enter namespace: %w", err)
			return
		}
		done <- fn()
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// drop sends packets from one socket to a port that nobody listens at, and
// returns the port they came from.
func (l *lab) drop(t *testing.T, packets int) (port int) {
	t.Helper()
	l.do(t, func() error {
		c, err := net.ListenPacket("udp4", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer c.Close()
		port = c.LocalAddr().(*net.UDPAddr).Port
		for range packets {
			if _, err := c.WriteTo([]byte("twelve bytes"), &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9}); err != nil {
				return err
			}
		}
		return nil
	})
	return port
}

// overflow sends packets to a socket of this process that is not read, and
// returns how many it had no room for.
func (l *lab) overflow(t *testing.T, packets int) (dropped int) {
	t.Helper()
	l.do(t, func() error {
		full, err := net.ListenPacket("udp4", "127.0.0.1:0")
		if err != nil {
			return err
		}
		t.Cleanup(func() { full.Close() }) // its owner must be found
		if err := full.(*net.UDPConn).SetReadBuffer(1); err != nil {
			return err
		}
		c, err := net.ListenPacket("udp4", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer c.Close()
		for range packets {
			if _, err := c.WriteTo(make([]byte, 100), full.LocalAddr()); err != nil {
				return err
			}
		}
		dropped = packets
		for buffer := make([]byte, 200); ; dropped-- {
			// a deadline would only wait: all packets are there
			if n, _, err := recvNow(full.(*net.UDPConn), buffer); err != nil || n == 0 {
				return nil
			}
		}
	})
	if dropped == 0 {
		t.Fatal("no packet was too much for the socket")
	}
	return dropped
}

// recvNow reads without waiting.
func recvNow(c *net.UDPConn, buffer []byte) (n int, _ unix.Sockaddr, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, nil, err
	}
	failed := raw.Control(func(fd uintptr) { n, _, err = unix.Recvfrom(int(fd), buffer, unix.MSG_DONTWAIT) })
	if failed != nil {
		err = failed
	}
	return n, nil, err
}

// purge closes a unix socket with messages that nobody read: the kernel frees
// them as usual.
func (l *lab) purge(t *testing.T, messages int) {
	t.Helper()
	l.do(t, func() error {
		pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM, 0)
		if err != nil {
			return err
		}
		defer unix.Close(pair[0])
		for range messages {
			if _, err := unix.Write(pair[0], []byte("x")); err != nil {
				unix.Close(pair[1])
				return err
			}
		}
		return unix.Close(pair[1])
	})
}
