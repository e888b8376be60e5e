package session_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"dropwatch/internal/report"
	"dropwatch/internal/scenario"
	"dropwatch/internal/session"
)

// healthyFor is how long ordinary traffic runs without a drop that matters.
const healthyFor = 60 * time.Second

// TestRootHealthy holds the promise that nothing is invented: while packets
// arrive as they should, every drop is classed benign.
func TestRootHealthy(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("namespaces need root")
	}
	lab, err := scenario.New(scenario.Options{IPv6: true})
	if err != nil {
		t.Fatal(err)
	}
	defer lab.Close()
	neverResend(t, lab)
	s, err := session.Open(session.Config{All: true, NetNS: []string{
		fmt.Sprint(lab.Inode(scenario.A)), fmt.Sprint(lab.Inode(scenario.B)),
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()

	traffic := healthyTraffic{until: time.Now().Add(healthyFor)}
	if err := lab.Do(scenario.B, traffic.serve); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- lab.Do(scenario.A, traffic.talk) }()
	for running := true; running; {
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			running = false
		default:
			if err := s.Receive(time.Now().Add(time.Second), nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	traffic.close()
	if err := s.Stop(nil); err != nil {
		t.Fatal(err)
	}
	r, err := s.Summary()
	if err != nil {
		t.Fatal(err)
	}
	var resent uint64
	for _, node := range []scenario.Node{scenario.A, scenario.B} {
		n, err := lab.ReadCounter(node, "Tcp.RetransSegs")
		if err != nil {
			t.Fatal(err)
		}
		resent += n
	}
	if resent > 0 {
		t.Errorf("%d segments were sent again: the traffic was not healthy", resent)
	}
	t.Logf("%d connections, %d datagrams, %d pings; %d benign drops", traffic.connections, traffic.datagrams, traffic.pings, r.Total.Benign)
	if traffic.connections < 100 || traffic.datagrams < 1000 || traffic.pings < 100 {
		t.Errorf("too little traffic to prove anything")
	}
	if r.Total.Benign == 0 {
		t.Error("closing TCP connections frees buffers: not one benign drop was seen, so nothing was watched")
	}
	if r.Total.Lost != 0 || r.Missed.Events != 0 {
		var b bytes.Buffer
		_ = report.Text{}.Summary(&b, r)
		t.Errorf("%d drops in healthy traffic are not classed benign, %d missed:\n%s", r.Total.Lost, r.Missed.Events, &b)
	}
}

// neverResend keeps TCP from sending again what was not lost. It would when the
// machine is busy for longer than a retransmission timeout, and when segments
// sent from two CPUs overtake each other; the second copies are then dropped
// for good reasons.
func neverResend(t *testing.T, lab *scenario.Lab) {
	t.Helper()
	oneCPU(t)
	for node, routes := range map[scenario.Node][]string{
		scenario.A: {"ip route change 10.11.1.0/24 dev ab rto_min 20s", "ip -6 route replace fd00:11:1::/64 dev ab metric 256 rto_min 20s"},
		scenario.B: {"ip route change 10.11.1.0/24 dev ba rto_min 20s", "ip -6 route replace fd00:11:1::/64 dev ba metric 256 rto_min 20s"},
	} {
		for _, line := range routes {
			if _, err := lab.Run(node, line); err != nil {
				t.Fatal(err)
			}
		}
		err := lab.Do(node, func() error {
			return os.WriteFile("/proc/sys/net/ipv4/tcp_early_retrans", []byte("0"), 0)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// oneCPU keeps all threads of the test on one CPU until it ends.
func oneCPU(t *testing.T) {
	t.Helper()
	var before, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		t.Fatal(err)
	}
	for cpu := range 1024 {
		if before.IsSet(cpu) {
			one.Set(cpu)
			break
		}
	}
	pin := func(set *unix.CPUSet) {
		// threads that come later take after the one that makes them
		for range 2 {
			threads, err := os.ReadDir("/proc/self/task")
			if err != nil {
				t.Fatal(err)
			}
			for _, thread := range threads {
				id, err := strconv.Atoi(thread.Name())
				if err == nil {
					err = unix.SchedSetaffinity(id, set)
				}
				if err != nil && !errors.Is(err, unix.ESRCH) {
					t.Fatal(err)
				}
			}
		}
	}
	pin(&one)
	t.Cleanup(func() { pin(&before) })
}

// healthyTraffic talks from A to B over TCP, UDP and ICMP, IPv4 and IPv6.
type healthyTraffic struct {
	until   time.Time
	closers []io.Closer

	connections, datagrams, pings int
}

var healthyPeers = []struct{ family, address string }{{"4", "10.11.1.2"}, {"6", "fd00:11:1::2"}}

// serve opens the sockets of B: an echo server for each protocol. A socket
// stays in the namespace of the thread that made it.
func (h *healthyTraffic) serve() error {
	for _, peer := range healthyPeers {
		address := net.JoinHostPort(peer.address, "7")
		l, err := net.Listen("tcp"+peer.family, address)
		if err != nil {
			return err
		}
		p, err := net.ListenPacket("udp"+peer.family, address)
		if err != nil {
			return err
		}
		h.closers = append(h.closers, l, p)
		go echoStreams(l)
		go echoDatagrams(p)
	}
	return nil
}

func echoStreams(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			_, _ = io.Copy(c, c)
		}()
	}
}

func echoDatagrams(p net.PacketConn) {
	buffer := make([]byte, 2048)
	for {
		n, from, err := p.ReadFrom(buffer)
		if err != nil {
			return
		}
		_, _ = p.WriteTo(buffer[:n], from)
	}
}

// talk is what A does until the time is over.
func (h *healthyTraffic) talk() error {
	for time.Now().Before(h.until) {
		for _, peer := range healthyPeers {
			address := net.JoinHostPort(peer.address, "7")
			// a request and an answer, and much data at once
			for _, size := range []int{100, 100, 1 << 20} {
				if err := h.stream(peer.family, address, size); err != nil {
					return fmt.Errorf("tcp%s: %w", peer.family, err)
				}
			}
			if err := h.datagram(peer.family, address); err != nil {
				return fmt.Errorf("udp%s: %w", peer.family, err)
			}
			for _, kind := range []int{unix.SOCK_RAW, unix.SOCK_DGRAM} {
				if err := h.ping(peer.address, kind); err != nil {
					return fmt.Errorf("ping %s: %w", peer.address, err)
				}
			}
		}
	}
	return nil
}

func (h *healthyTraffic) stream(family, address string, size int) error {
	c, err := net.DialTimeout("tcp"+family, address, 5*time.Second)
	if err != nil {
		return err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	written := make(chan error, 1)
	go func() {
		_, err := c.Write(make([]byte, size))
		written <- errors.Join(err, c.(*net.TCPConn).CloseWrite())
	}()
	n, err := io.Copy(io.Discard, c)
	if err := errors.Join(err, <-written); err != nil {
		return err
	}
	if n != int64(size) {
		return fmt.Errorf("%d of %d bytes came back", n, size)
	}
	h.connections++
	return nil
}

func (h *healthyTraffic) datagram(family, address string) error {
	c, err := net.Dial("udp"+family, address)
	if err != nil {
		return err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	buffer := make([]byte, 1200)
	for range 20 {
		if _, err := c.Write(buffer); err != nil {
			return err
		}
		if _, err := c.Read(buffer); err != nil {
			return err
		}
		h.datagrams++
	}
	return nil
}

// ping sends one echo request, as root's ping does (raw) and as that of others
// (datagram).
func (h *healthyTraffic) ping(address string, kind int) error {
	ip := netip.MustParseAddr(address)
	family, protocol := unix.AF_INET, unix.IPPROTO_ICMP
	request, reply := byte(8), byte(0)
	var to unix.Sockaddr = &unix.SockaddrInet4{Addr: [4]byte(ip.AsSlice())}
	if ip.Is6() {
		family, protocol = unix.AF_INET6, unix.IPPROTO_ICMPV6
		request, reply = 128, 129
		to = &unix.SockaddrInet6{Addr: ip.As16()}
	}
	fd, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC, protocol)
	if errors.Is(err, unix.EACCES) && kind == unix.SOCK_DGRAM {
		return nil // net.ipv4.ping_group_range allows nobody
	}
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 5}); err != nil {
		return err
	}
	packet := make([]byte, 64)
	packet[0] = request
	binary.BigEndian.PutUint16(packet[4:], uint16(os.Getpid()))
	binary.BigEndian.PutUint16(packet[6:], uint16(h.pings))
	if !ip.Is6() {
		binary.BigEndian.PutUint16(packet[2:], checksum(packet))
	}
	if err := unix.Sendto(fd, packet, 0, to); err != nil {
		return err
	}
	buffer := make([]byte, 2048)
	for {
		n, err := unix.Read(fd, buffer)
		if err != nil {
			return err
		}
		got := buffer[:n]
		if kind == unix.SOCK_RAW && !ip.Is6() && n > 20 {
			got = got[int(got[0]&15)*4:]
		}
		// a raw socket also gets other messages
		if len(got) > 7 && got[0] == reply && binary.BigEndian.Uint16(got[6:]) == uint16(h.pings) {
			h.pings++
			return nil
		}
	}
}

func checksum(packet []byte) uint16 {
	var sum uint32
	for i := 0; i+1 < len(packet); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(packet[i:]))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

func (h *healthyTraffic) close() {
	for _, c := range h.closers {
		c.Close()
	}
}
