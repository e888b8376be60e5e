package sockstat

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"dropwatch/counters/internal/nldump"
)

// A Query says which sockets to list. The zero value lists all.
type Query struct {
	// Protocols are which kinds; 0 means All.
	Protocols Protocol
	// Dropped lists only sockets whose drops are known and not 0. Where there
	// are many others, the kernel holds them back.
	Dropped bool
	// HalfOpen counts half-open connections for each TCP socket that listens.
	// The kernel walks its whole table of connections for it.
	HalfOpen bool
}

// Sockets calls yield for each socket, which is valid only during the call. It
// returns the protocols that this kernel cannot list; whether there are such
// sockets is then unknown. After an error the other protocols are still listed.
//
// Sockets that come or go meanwhile may be listed or not, nothing else is torn:
// each socket is read at one time.
func (c *Conn) Sockets(q Query, yield func(*Socket)) (missing Protocol, err error) {
	if q.Protocols == 0 {
		q.Protocols = All
	}
	var errs []error
	for _, listed := range protocols() {
		if q.Protocols&listed.protocol == 0 {
			continue
		}
		err := c.list(listed, q, yield)
		switch {
		case errors.Is(err, unix.ENOENT):
			missing |= listed.protocol
		case err != nil:
			errs = append(errs, fmt.Errorf("list %v sockets: %w", listed.protocol, err))
		}
	}
	return missing, errors.Join(errs...)
}

func (c *Conn) list(l listed, q Query, yield func(*Socket)) error {
	switch l.protocol {
	case Packet:
		return c.ask(packetRequest(), c.socket.decodePacket, q, yield)
	case Netlink:
		clear(c.netlinkSeen)
		return c.ask(netlinkRequest(), c.socket.decodeNetlink, q, yield)
	case TCP:
		return c.listening(q, yield)
	}
	if q.Dropped {
		return c.dropped(l, yield)
	}
	decode := func(data []byte) error { return c.socket.decodeInet(l.protocol, data) }
	return errors.Join(
		c.ask(inetRequest(unix.AF_INET, l.number, everyState), decode, q, yield),
		c.ask(inetRequest(unix.AF_INET6, l.number, everyState), decode, q, yield))
}

const everyState = 1<<32 - 1

// ask lists what answers one request; decode fills the Conn's socket.
func (c *Conn) ask(request nldump.Request, decode func([]byte) error, q Query, yield func(*Socket)) error {
	return c.dump.Ask(request, func(m nldump.Message) error {
		if err := decode(m.Data); err != nil {
			return err
		}
		s := &c.socket
		if q.Dropped && !s.dropped() || s.Protocol == Netlink && !c.firstOfNetlink() {
			return nil
		}
		yield(s)
		return nil
	})
}
