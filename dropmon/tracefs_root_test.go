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

// tracefsLab is a lab and a mount of tracefs of its own.
func tracefsLab(t *testing.T) (*scenario.Lab, string) {
	t.Helper()
	if os.Geteuid() != 0 {
		if os.Getenv("DROPWATCH_CI") != "" {
			t.Fatal("run as root: tracefs and network namespaces need it")
		}
		t.Skip("needs root for tracefs and network namespaces")
	}
	// Not t.TempDir, which removes what is below: that would be instances.
	root, err := os.MkdirTemp("", "tracefs")
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("tracefs", root, "tracefs", 0, ""); err != nil {
		t.Fatalf("mount tracefs: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(root, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
		if err := os.Remove(root); err != nil {
			t.Error(err)
		}
	})
	lab, err := scenario.New(scenario.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := lab.Close(); err != nil {
			t.Error(err)
		}
	})
	return lab, root
}

// dropFrames drops frames of an EtherType that nobody knows, with reason
// UNHANDLED_PROTO, before it returns.
func dropFrames(t *testing.T, lab *scenario.Lab, etherType uint16, frames int) {
	t.Helper()
	err := lab.Do(scenario.A, func() error {
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		order := binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, etherType))
		for range frames {
			if err := unix.Sendto(fd, make([]byte, 50), 0, &unix.SockaddrLinklayer{Protocol: order, Ifindex: 1, Halen: 6}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// dropDatagrams sends datagrams to a port that nobody listens on.
func dropDatagrams(t *testing.T, lab *scenario.Lab, datagrams int) {
	t.Helper()
	err := lab.Do(scenario.A, func() error {
		c, err := net.ListenPacket("udp4", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer c.Close()
		for range datagrams {
			if _, err := c.WriteTo([]byte("12 byte text"), &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func openTracefsLab(t *testing.T, root string, config Config) *tracefsSource {
	t.Helper()
	s, err := openTracefsAt(root, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// receiveProtocol adds up the drops of a protocol by reason.
func receiveProtocol(t *testing.T, s Source, protocol uint16) (drops int, byReason map[uint32]uint64) {
	t.Helper()
	byReason = make(map[uint32]uint64)
	err := s.Receive(time.Now(), func(d *Drop) {
		if d.Packets != d.Buffers || d.Bytes != 0 || d.Packet != nil || d.Location == 0 || d.Last.Before(d.First) || time.Since(d.First) > time.Minute {
			t.Errorf("got %+v", *d)
		}
		if d.Protocol == protocol {
			drops++
			byReason[d.Reason.Code] += d.Packets
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return drops, byReason
}

// A protocol for this test only makes its drops tell apart from all others of
// the host: the source knows no namespaces.
const tracefsEtherType = 0xbe63

func TestRootTracefsCounts(t *testing.T) {
	lab, root := tracefsLab(t)
	s := openTracefsLab(t, root, Config{Source: "tracefs"})
	for _, frames := range []uint64{1000, 234} { // each time only the new ones
		dropFrames(t, lab, tracefsEtherType, int(frames))
		n, byReason := receiveProtocol(t, s, tracefsEtherType)
		for _, packets := range byReason {
			if n != 1 || len(byReason) != 1 || packets != frames {
				t.Errorf("%d packets in %d rows of %d reasons, want %d in one", packets, n, len(byReason), frames)
			}
		}
		if n == 0 {
			t.Error("nothing was seen")
		}
	}
	if stats, err := s.Stats(); err != nil || stats != (Stats{}) {
		t.Errorf("stats %+v, %v", stats, err)
	}
}

// Others on this host may drop datagrams at the same time, so there are at
// least as many as were sent.
func TestRootTracefsDatagrams(t *testing.T) {
	lab, root := tracefsLab(t)
	s := openTracefsLab(t, root, Config{})
	dropDatagrams(t, lab, 1000)
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	_, byReason := receiveProtocol(t, s, EtherTypeIPv4)
	most := uint64(0)
	for _, packets := range byReason {
		most = max(most, packets)
	}
	if most < 1000 {
		t.Errorf("got %v, want a reason with 1000 or more", byReason)
	}
}

func TestRootTracefsPackets(t *testing.T) {
	lab, root := tracefsLab(t)
	s := openTracefsLab(t, root, Config{Packets: true, Queue: 100000})
	dropFrames(t, lab, tracefsEtherType, 1000)
	n, byReason := receiveProtocol(t, s, tracefsEtherType)
	if n != 1000 || len(byReason) != 1 {
		t.Errorf("%d drops of %d reasons, want 1000 of one", n, len(byReason))
	}
	var reason uint32
	for reason = range byReason {
	}
	limited := openTracefsLab(t, root, Config{Packets: true, RateLimit: 1, Restrict: Restriction{Reasons: []uint32{reason}}})
	dropFrames(t, lab, tracefsEtherType, 1000)
	n, byReason = receiveProtocol(t, limited, tracefsEtherType)
	stats, err := limited.Stats()
	if err != nil || len(byReason) > 1 || n > 10 || uint64(n)+stats.PacketsLimited < 1000 {
		t.Errorf("%d delivered of %v, stats %+v, %v", n, byReason, stats, err)
	}
}

func TestRootTracefsWake(t *testing.T) {
	_, root := tracefsLab(t)
	s := openTracefsLab(t, root, Config{})
	go s.Wake()
	if err := s.Receive(time.Time{}, func(*Drop) {}); err != nil {
		t.Error(err)
	}
}
