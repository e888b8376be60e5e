package sockstat

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"dropwatch/counters/internal/nldump"
)

// listening lists TCP sockets that listen. By state the kernel looks only into
// its table of these.
func (c *Conn) listening(q Query, yield func(*Socket)) error {
	var halfOpen map[uint16]uint32
	if q.HalfOpen {
		var err error
		if halfOpen, err = c.halfOpen(); err != nil {
			return fmt.Errorf("count half-open connections: %w", err)
		}
	}
	decode := func(data []byte) error {
		err := c.socket.decodeInet(TCP, data)
		if err == nil && q.HalfOpen {
			listen := &c.socket.Listen
			listen.HalfOpen, listen.HalfOpenKnown = halfOpen[c.socket.Local.Port()], true
		}
		return err
	}
	for _, family := range []uint8{unix.AF_INET, unix.AF_INET6} {
		request := inetRequest(family, unix.IPPROTO_TCP, 1<<Listening)
		if err := c.ask(request, decode, q, yield); err != nil {
			return err
		}
	}
	return nil
}

// halfOpen counts connections that wait for the end of their handshake, by
// local port; there are no more keys than ports.
func (c *Conn) halfOpen() (map[uint16]uint32, error) {
	counts := make(map[uint16]uint32)
	var errs []error
	for _, family := range []uint8{unix.AF_INET, unix.AF_INET6} {
		err := c.dump.Ask(inetRequest(family, unix.IPPROTO_TCP, 1<<SynReceived), func(m nldump.Message) error {
			var s Socket
			if err := s.decodeInet(TCP, m.Data); err != nil {
				return err
			}
			counts[s.Local.Port()]++
			return nil
		})
		errs = append(errs, err)
	}
	return counts, errors.Join(errs...)
}
