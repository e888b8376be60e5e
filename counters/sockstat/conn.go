package sockstat

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"dropwatch/counters/internal/nldump"
)

// A Conn lists the sockets of one namespace. Only one goroutine at a time may
// use it.
type Conn struct {
	dump *nldump.Conn
	// filtered6 is for IPv6 sockets that are not connected.
	filtered, filtered6 *filtered

	socket Socket
	// netlinkSeen are the cookies of a listing's netlink sockets so far.
	netlinkSeen map[uint64]bool
}

// Open opens a connection to the kernel in the namespace of a file descriptor;
// 0 is the thread's own. It requires CAP_SYS_ADMIN for another namespace.
func Open(netns int) (*Conn, error) {
	c := &Conn{netlinkSeen: map[uint64]bool{}}
	var err error
	if c.dump, err = nldump.Dial(nldump.Config{Family: unix.NETLINK_SOCK_DIAG, NetNS: netns}); err == nil {
		c.filtered, err = openFiltered(netns)
	}
	if err == nil {
		c.filtered6, err = openFiltered(netns)
	}
	if errors.Is(err, unix.EPROTONOSUPPORT) {
		err = fmt.Errorf("%w (needs CONFIG_INET_DIAG; try modprobe inet_diag)", err)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open socket monitor: %w", err), c.Close())
	}
	return c, nil
}

// Close closes the connection.
func (c *Conn) Close() error {
	var errs []error
	for _, dump := range c.dumps() {
		errs = append(errs, dump.Close())
	}
	return errors.Join(errs...)
}

// Received is the number of bytes that the kernel has sent so far.
func (c *Conn) Received() uint64 {
	var sum uint64
	for _, dump := range c.dumps() {
		sum += dump.Received()
	}
	return sum
}

// dumps are the connections that are open.
func (c *Conn) dumps() []*nldump.Conn {
	var dumps []*nldump.Conn
	if c.dump != nil {
		dumps = append(dumps, c.dump)
	}
	for _, f := range []*filtered{c.filtered, c.filtered6} {
		if f != nil {
			dumps = append(dumps, f.dump)
		}
	}
	return dumps
}
