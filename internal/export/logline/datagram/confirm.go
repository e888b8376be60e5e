package datagram

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// overhead is less than what the kernel counts for a datagram above its length,
// on every kernel: its own description of the buffer.
const overhead = 256

// confirm finds out which datagrams were read.
func (s *Socket) confirm() error {
	queued, err := s.queued()
	if err != nil {
		return err
	}
	// Datagrams are read in order, so the unread ones are the last ones. They
	// take at least their length and the overhead each.
	first := len(s.out)
	for rest := queued; first > s.read && rest > 0; first-- {
		rest -= s.out[first-1] + overhead
	}
	if first == s.read {
		return s.alive()
	}
	// When the daemon dies, its unread datagrams vanish too. So the number
	// counts only if the daemon was there after it was taken.
	if err := s.alive(); err != nil {
		return err
	}
	s.read = first
	return nil
}

// queued is the memory that our unread datagrams take.
func (s *Socket) queued() (n int, err error) {
	if e := s.raw.Control(func(fd uintptr) { n, err = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ) }); e != nil {
		return 0, e
	}
	if err != nil {
		return 0, fmt.Errorf("ask what was read: %w", err)
	}
	return n, nil
}

// alive tells whether the daemon's socket still is the one that we are connected
// to. The kernel says so to those who send, and to those who connect.
func (s *Socket) alive() error {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return fmt.Errorf("make a socket: %w", err)
	}
	defer unix.Close(fd)
	if err := unix.Connect(fd, &unix.SockaddrUnix{Name: s.path}); err != nil {
		return err
	}
	if peer, err := identify(s.path); err != nil || peer != s.peer {
		return errRestarted
	}
	return nil
}
