package peer

import (
	"net"
	"sync"
	"time"

	"github.com/hashicorp/memberlist"
)

// channels carry what a transport made for the engine carries, such as one of a
// simulation.
type channels struct {
	memberlist.Transport
	quit chan struct{}
	done sync.WaitGroup
	once sync.Once
	ends error
}

func overChannels(t memberlist.Transport) *channels {
	return &channels{Transport: t, quit: make(chan struct{})}
}

func (c *channels) WriteToAddress(b []byte, to memberlist.Address) (time.Time, error) {
	if t, ok := c.Transport.(memberlist.NodeAwareTransport); ok {
		return t.WriteToAddress(b, to)
	}
	return c.Transport.WriteTo(b, to.Addr)
}

func (c *channels) DialAddressTimeout(to memberlist.Address, timeout time.Duration) (net.Conn, error) {
	if t, ok := c.Transport.(memberlist.NodeAwareTransport); ok {
		return t.DialAddressTimeout(to, timeout)
	}
	return c.Transport.DialTimeout(to.Addr, timeout)
}

func (c *channels) serve(f *front) {
	c.done.Go(func() {
		for {
			select {
			case <-c.quit:
				return
			case p, ok := <-c.PacketCh():
				if !ok {
					return
				}
				if f.take(p.Buf, addressOf(p.From)) {
					f.pass(p)
				}
			}
		}
	})
	c.done.Go(func() {
		for {
			select {
			case <-c.quit:
				return
			case conn, ok := <-c.StreamCh():
				if !ok {
					return
				}
				f.stream(conn)
			}
		}
	})
}

// Shutdown takes what comes until the transport has ended, which may wait for
// that.
func (c *channels) Shutdown() error {
	c.once.Do(func() {
		c.ends = c.Transport.Shutdown()
		close(c.quit)
		c.done.Wait()
		c.closeLeft()
	})
	return c.ends
}

// closeLeft closes the connections that nobody has taken.
func (c *channels) closeLeft() {
	for {
		select {
		case conn, ok := <-c.StreamCh():
			if !ok {
				return
			}
			conn.Close()
		default:
			return
		}
	}
}
