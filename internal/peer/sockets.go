package peer

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/memberlist"
	"golang.org/x/sys/unix"
)

// sockets are where packets come by UDP and streams by TCP, at one address and
// port.
type sockets struct {
	udp  *net.UDPConn
	tcp  *net.TCPListener
	quit chan struct{}
	done sync.WaitGroup
	once sync.Once
	ends error
	lost uint32 // by the kernel, as told last
}

const (
	// socketRoom is asked for; the kernel gives as much as anybody may have.
	socketRoom = 4 << 20
	// portTries is how often a free port for both is looked for.
	portTries = 10
	// retryAfter keeps an error that stays from taking a whole processor.
	retryAfter = 50 * time.Millisecond
)

// listen binds ADDRESS:PORT. No address is all of both families, port 0 any that
// is free.
func listen(bind string) (*sockets, error) {
	at, family, err := parseBind(bind)
	if err != nil {
		return nil, fmt.Errorf("listen at %q: %w", bind, err)
	}
	s := &sockets{quit: make(chan struct{})}
	for try := 1; ; try++ {
		err := s.bind(at, family)
		if err == nil {
			return s, nil
		}
		if at.Port() != 0 || try == portTries || !errors.Is(err, syscall.EADDRINUSE) {
			return nil, fmt.Errorf("listen at %s: %w", bind, err)
		}
	}
}

// parseBind gives an invalid address for all addresses, and "4", "6" or "" for
// both.
func parseBind(bind string) (netip.AddrPort, string, error) {
	host, service, err := net.SplitHostPort(bind)
	if err != nil {
		return netip.AddrPort{}, "", err
	}
	if host == "" {
		host = "::"
	}
	at, err := netip.ParseAddrPort(net.JoinHostPort(host, service))
	at = unmapped(at)
	switch {
	case err != nil:
		return netip.AddrPort{}, "", fmt.Errorf("want the address of an interface and a port: %w", err)
	case at.Addr().Is4():
		return at, "4", nil
	case at.Addr().IsUnspecified():
		return netip.AddrPortFrom(netip.Addr{}, at.Port()), "", nil
	}
	return at, "6", nil
}

// bind lets TCP choose the port.
func (s *sockets) bind(at netip.AddrPort, family string) error {
	tcp, err := net.ListenTCP("tcp"+family, net.TCPAddrFromAddrPort(at))
	if err != nil {
		return err
	}
	port := tcp.Addr().(*net.TCPAddr).AddrPort().Port()
	udp, err := net.ListenUDP("udp"+family, net.UDPAddrFromAddrPort(netip.AddrPortFrom(at.Addr(), port)))
	if err != nil {
		return errors.Join(err, tcp.Close())
	}
	if err := prepare(udp); err != nil {
		return errors.Join(err, udp.Close(), tcp.Close())
	}
	s.udp, s.tcp = udp, tcp
	return nil
}

// prepare makes room for a burst, and lets the kernel tell what found none.
func prepare(udp *net.UDPConn) error {
	if err := udp.SetReadBuffer(socketRoom); err != nil {
		return err
	}
	raw, err := udp.SyscallConn()
	if err != nil {
		return err
	}
	failed := raw.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RXQ_OVFL, 1)
	})
	return errors.Join(failed, err)
}

// port is that which both listen at.
func (s *sockets) port() int { return s.udp.LocalAddr().(*net.UDPAddr).Port }

func (s *sockets) serve(f *front) {
	s.done.Go(func() { s.read(f) })
	s.done.Go(func() { s.accept(f) })
}

// read reads into the same memory always. One byte more than a packet may have
// shows those that are longer.
func (s *sockets) read(f *front) {
	b := make([]byte, maxPacket+1)
	control := make([]byte, unix.CmsgSpace(4))
	for {
		n, told, _, from, err := s.udp.ReadMsgUDPAddrPort(b, control)
		if err != nil {
			if s.closed(err) {
				return
			}
			continue
		}
		f.counted.kernelDropped.Add(s.newlyLost(control[:told]))
		if from = unmapped(from); f.take(b[:n], from) {
			f.pass(&memberlist.Packet{Buf: bytes.Clone(b[:n]), From: net.UDPAddrFromAddrPort(from), Timestamp: time.Now()})
		}
	}
}

// newlyLost reads the kernel's count of what was dropped since the socket was
// made. There is none as long as it is zero.
func (s *sockets) newlyLost(control []byte) uint64 {
	if len(control) == 0 {
		return 0
	}
	head, data, _, err := unix.ParseOneSocketControlMessage(control)
	if err != nil || head.Level != unix.SOL_SOCKET || head.Type != unix.SO_RXQ_OVFL || len(data) < 4 {
		return 0
	}
	total := binary.NativeEndian.Uint32(data)
	lost := total - s.lost // also when it wraps
	if int32(lost) <= 0 {
		return 0
	}
	s.lost = total
	return uint64(lost)
}

func (s *sockets) accept(f *front) {
	for {
		c, err := s.tcp.AcceptTCP()
		if err != nil {
			if s.closed(err) {
				return
			}
			continue
		}
		f.stream(c)
	}
}

// closed waits a little after an error that may pass, such as too many open files.
func (s *sockets) closed(err error) bool {
	if errors.Is(err, net.ErrClosed) {
		return true
	}
	select {
	case <-s.quit:
		return true
	case <-time.After(retryAfter):
		return false
	}
}

func (s *sockets) WriteToAddress(b []byte, to memberlist.Address) (time.Time, error) {
	address, err := netip.ParseAddrPort(to.Addr)
	if err != nil {
		resolved, err := net.ResolveUDPAddr("udp", to.Addr)
		if err != nil {
			return time.Time{}, err
		}
		address = resolved.AddrPort()
	}
	_, err = s.udp.WriteToUDPAddrPort(b, unmapped(address))
	return time.Now(), err
}

func (s *sockets) DialAddressTimeout(to memberlist.Address, timeout time.Duration) (net.Conn, error) {
	return net.DialTimeout("tcp", to.Addr, timeout)
}

func (s *sockets) Shutdown() error {
	s.once.Do(func() {
		close(s.quit)
		s.ends = errors.Join(s.udp.Close(), s.tcp.Close())
		s.done.Wait()
	})
	return s.ends
}
