package bpf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"github.com/cilium/ebpf/btf"
	"golang.org/x/sys/unix"
)

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

// A lab is a fresh network namespace with a loopback interface, which exists as
// long as the thread that made it.
type lab struct {
	netns uint32
	tasks chan func() error
	done  chan error
}

func newLab(t *testing.T) *lab {
	t.Helper()
	needRoot(t)
	l := &lab{tasks: make(chan func() error), done: make(chan error)}
	go func() {
		runtime.LockOSThread() // and never unlock: the thread ends with us
		l.done <- l.enter()
		for task := range l.tasks {
			l.done <- task()
		}
	}()
	t.Cleanup(func() { close(l.tasks) })
	if err := <-l.done; err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *lab) enter() error {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("make namespace: %w", err)
	}
	var stat unix.Stat_t
	if err := unix.Stat(fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid()), &stat); err != nil {
		return err
	}
	l.netns = uint32(stat.Ino)
	output, err := exec.Command("ip", "link", "set", "lo", "up").CombinedOutput()
	if err != nil {
		return fmt.Errorf("ip link set lo up: %w: %s", err, output)
	}
	return nil
}

func (l *lab) do(t *testing.T, task func() error) {
	t.Helper()
	l.tasks <- task
	if err := <-l.done; err != nil {
		t.Fatal(err)
	}
}

// drop sends packets to a closed UDP port. With from 0 they come from one
// socket, else each from a port of its own, from there on.
func (l *lab) drop(t *testing.T, packets, from int) {
	t.Helper()
	l.do(t, func() error {
		var c net.PacketConn
		for i := range packets {
			if c == nil || from > 0 {
				port := 0
				if from > 0 {
					port = from + i
				}
				var err error
				if c, err = net.ListenPacket("udp4", fmt.Sprintf("127.0.0.1:%d", port)); err != nil {
					return err
				}
				defer c.Close()
			}
			if _, err := c.WriteTo([]byte("12 byte text"), &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9}); err != nil {
				return err
			}
		}
		return nil
	})
}

// unknownProtocols sends a frame of each of many protocols that nobody wants.
func (l *lab) unknownProtocols(t *testing.T, first, protocols int) {
	t.Helper()
	l.do(t, func() error {
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		for i := range protocols {
			order := binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, uint16(first+i)))
			to := &unix.SockaddrLinklayer{Protocol: order, Ifindex: 1, Halen: 6}
			if err := unix.Sendto(fd, make([]byte, 50), 0, to); err != nil {
				return err
			}
		}
		return nil
	})
}

// watch opens the source for the drops of the lab only.
func (l *lab) watch(t *testing.T, c Config) *Drops {
	t.Helper()
	c.NetNS = []uint32{l.netns}
	d, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// openVariant opens one of the programs, whatever the kernel says of itself.
func openVariant(c Config, v variant) (*Drops, error) {
	cache := btf.NewCache()
	types, err := kernelTypes(cache)
	if err != nil {
		return nil, err
	}
	return open(c, v, cache, findRefusals(types))
}

// read adds up what was counted, by key.
func read(t *testing.T, d *Drops) map[Key]Count {
	t.Helper()
	groups := make(map[Key]Count)
	err := d.Read(func(k Key, c Count) {
		g := groups[k]
		g.Packets += c.Packets
		g.Buffers += c.Buffers
		g.Bytes += c.Bytes
		groups[k] = g
	})
	if err != nil {
		t.Fatal(err)
	}
	return groups
}

func total(groups map[Key]Count) (sum Count) {
	for _, c := range groups {
		sum.Packets += c.Packets
		sum.Buffers += c.Buffers
		sum.Bytes += c.Bytes
	}
	return sum
}

func misses(t *testing.T, d *Drops) Misses {
	t.Helper()
	m, err := d.Misses()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// events takes all that is waiting.
func events(t *testing.T, d *Drops) (list []Event) {
	t.Helper()
	for {
		var e Event
		err := d.Next(&e, time.Now())
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		e.Data = append([]byte(nil), e.Data...)
		list = append(list, e)
	}
}
