package scenario

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// open makes a socket inside a node and closes it with the lab.
func (l *Lab) open(n Node, domain, kind, protocol int) (int, error) {
	fd := -1
	err := l.Do(n, func() error {
		var err error
		fd, err = unix.Socket(domain, kind|unix.SOCK_CLOEXEC, protocol)
		if err != nil {
			return fmt.Errorf("open socket: %w", err)
		}
		return nil
	})
	if err == nil {
		l.onClose(func() error { return unix.Close(fd) })
	}
	return fd, err
}

func socketAddress(to netip.AddrPort) unix.Sockaddr {
	if to.Addr().Is4() {
		return &unix.SockaddrInet4{Addr: to.Addr().As4(), Port: int(to.Port())}
	}
	return &unix.SockaddrInet6{Addr: to.Addr().As16(), Port: int(to.Port())}
}

func domainOf(a netip.Addr) int {
	if a.Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}

// udpSocket binds a UDP socket inside a node.
func (l *Lab) udpSocket(n Node, local netip.AddrPort) (int, error) {
	fd, err := l.open(n, domainOf(local.Addr()), unix.SOCK_DGRAM, 0)
	if err != nil {
		return -1, err
	}
	if err := unix.Bind(fd, socketAddress(local)); err != nil {
		return -1, fmt.Errorf("bind %s: %w", local, err)
	}
	// what is unread would be dropped a while after the socket is closed, when
	// the next scenario is counted already
	l.onClose(func() error { _, err := drain(fd); return err })
	return fd, nil
}

// drain reads what waits in a socket and counts it.
func drain(fd int) (uint64, error) {
	packet := make([]byte, 2048)
	for n := uint64(0); ; n++ {
		_, _, err := unix.Recvfrom(fd, packet, unix.MSG_DONTWAIT)
		if errors.Is(err, unix.EAGAIN) {
			return n, nil
		}
		if err != nil {
			return n, fmt.Errorf("drain socket: %w", err)
		}
	}
}

// sendUDP sends n datagrams from a socket of a node and demands that each send
// gives the error want (nil for success) at least once; other errors fail.
func (l *Lab) sendUDP(n Node, to netip.AddrPort, count, size int, want error) error {
	fd, err := l.open(n, domainOf(to.Addr()), unix.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	return sendMany(fd, to, count, size, want)
}

func sendMany(fd int, to netip.AddrPort, count, size int, want error) error {
	payload, address := make([]byte, size), socketAddress(to)
	wanted := 0
	for range count {
		err := unix.Sendto(fd, payload, 0, address)
		switch {
		case errors.Is(err, want):
			wanted++
		case err != nil:
			return fmt.Errorf("send to %s: %w", to, err)
		}
	}
	if wanted == 0 {
		return fmt.Errorf("send to %s: no send gave %v", to, want)
	}
	return nil
}

// inject puts frames on an end's wire as if a card had sent them.
func (l *Lab) inject(name string, frame []byte, count int) error {
	frames := make([][]byte, count)
	for i := range frames {
		frames[i] = frame
	}
	return l.injectAll(name, frames)
}

func (l *Lab) injectAll(name string, frames [][]byte) error {
	n := endOf(name).node
	fd, err := l.open(n, unix.AF_PACKET, unix.SOCK_RAW, 0)
	if err != nil {
		return err
	}
	for _, frame := range frames {
		to := &unix.SockaddrLinklayer{Ifindex: int(indexOf(name)), Protocol: networkOrder(binary.BigEndian.Uint16(frame[12:]))}
		if err := unix.Sendto(fd, frame, 0, to); err != nil {
			return fmt.Errorf("send frame on %s: %w", name, err)
		}
	}
	return nil
}

func networkOrder(v uint16) uint16 {
	return binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, v))
}
