package syslog

import (
	"net"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

// A socket counts what it has taken, and knows what of that has arrived.
type socket struct {
	net.Conn
	written  atomic.Int64
	arrived  int64 // what acknowledged returned last
	widest   int   // what window returned last
	finished bool  // dead has been true
	reason   error // why, if the kernel said so to us
}

func (s *socket) Write(b []byte) (int, error) {
	n, err := s.Conn.Write(b)
	s.written.Add(int64(n))
	return n, err
}

// control calls f with the descriptor. It does nothing if the socket is closed.
func (s *socket) control(f func(fd int)) {
	conn, ok := s.Conn.(syscall.Conn)
	if !ok {
		return
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return
	}
	// an error says that the socket is closed
	_ = raw.Control(func(fd uintptr) { f(int(fd)) })
}

// acknowledged is how many bytes have arrived for sure. With TCP that is exact,
// even after a reset. With a Unix socket the kernel counts the memory that the
// unread bytes take, which is more, and forgets it when the other side is gone.
func (s *socket) acknowledged() int64 {
	waiting, err := 0, error(unix.EBADF)
	s.control(func(fd int) { waiting, err = unix.IoctlGetInt(fd, unix.SIOCOUTQ) })
	if err != nil {
		return s.arrived
	}
	if !s.isTCP() && s.dead() {
		return s.arrived
	}
	s.arrived = max(s.arrived, s.written.Load()-int64(waiting))
	return s.arrived
}

func (s *socket) isTCP() bool {
	_, ok := s.Conn.(*net.TCPConn)
	return ok
}

// window is the most bytes that the other side has ever been ready to take; 0
// before Linux 5.4, which does not tell.
func (s *socket) window() int {
	s.control(func(fd int) {
		if info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
			s.widest = max(s.widest, int(info.Snd_wnd))
		}
	})
	return s.widest
}

// dead tells whether the other side has ended the connection.
func (s *socket) dead() bool {
	if s.finished {
		return true
	}
	s.control(func(fd int) {
		n, _, err := unix.Recvfrom(fd, make([]byte, 1), unix.MSG_PEEK|unix.MSG_DONTWAIT)
		switch {
		case err == unix.EAGAIN, err == unix.EINTR:
		case err != nil:
			s.finished, s.reason = true, err
		case n == 0:
			s.finished = true
		}
	})
	return s.finished
}

func (s *socket) name() string {
	if addr := s.RemoteAddr(); addr != nil && addr.String() != "" {
		return addr.String()
	}
	return "the daemon"
}
