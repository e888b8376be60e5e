package peer

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/memberlist"
)

// A guardedTransport lets only those packets and connections in that a guard
// allows, before anything of them is decoded.
type guardedTransport struct {
	*memberlist.NetTransport
	allow   func(from netip.AddrPort, bytes int) bool
	packets chan *memberlist.Packet
	streams chan net.Conn
	quit    chan struct{}
	done    sync.WaitGroup
	once    sync.Once
	refused atomic.Uint64
}

func guard(inner *memberlist.NetTransport, allow func(netip.AddrPort, int) bool) *guardedTransport {
	t := &guardedTransport{
		NetTransport: inner, allow: allow,
		packets: make(chan *memberlist.Packet), streams: make(chan net.Conn), quit: make(chan struct{}),
	}
	t.done.Go(t.passPackets)
	t.done.Go(t.passStreams)
	return t
}

func (t *guardedTransport) PacketCh() <-chan *memberlist.Packet { return t.packets }
func (t *guardedTransport) StreamCh() <-chan net.Conn           { return t.streams }

func (t *guardedTransport) passPackets() {
	for {
		select {
		case <-t.quit:
			return
		case p := <-t.NetTransport.PacketCh():
			if !t.allow(addressOf(p.From), len(p.Buf)) {
				t.refused.Add(1)
				continue
			}
			select {
			case t.packets <- p:
			case <-t.quit:
				return
			}
		}
	}
}

func (t *guardedTransport) passStreams() {
	for {
		select {
		case <-t.quit:
			return
		case c := <-t.NetTransport.StreamCh():
			if !t.allow(addressOf(c.RemoteAddr()), 0) {
				t.refused.Add(1)
				c.Close()
				continue
			}
			select {
			case t.streams <- c:
			case <-t.quit:
				c.Close()
				return
			}
		}
	}
}

// Shutdown ends the passing on first: what the inner transport still has is
// nobody's any more. The inner one waits for its readers, which wait for us to
// take what they have read.
func (t *guardedTransport) Shutdown() error {
	t.once.Do(func() { close(t.quit) })
	t.done.Wait()
	drained := make(chan struct{})
	go func() {
		for {
			select {
			case <-drained:
				return
			case <-t.NetTransport.PacketCh():
			case c := <-t.NetTransport.StreamCh():
				c.Close()
			}
		}
	}()
	err := t.NetTransport.Shutdown()
	close(drained)
	return err
}

// addressOf is zero for what is no address of IP.
func addressOf(a net.Addr) netip.AddrPort {
	var p netip.AddrPort
	switch a := a.(type) {
	case *net.UDPAddr:
		p = a.AddrPort()
	case *net.TCPAddr:
		p = a.AddrPort()
	}
	return netip.AddrPortFrom(p.Addr().Unmap(), p.Port())
}
