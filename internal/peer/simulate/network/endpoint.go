package network

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/memberlist"
)

const (
	// queue is how many datagrams wait for a node, as in the buffer of a socket.
	queue = 512
	// backlog is how many streams wait for a node.
	backlog = 128
	// maxDatagram is what IPv4 can carry.
	maxDatagram = 65507
)

// An Endpoint is a node's connection, the memberlist.Transport to give it.
type Endpoint struct {
	network *Network
	address netip.AddrPort
	udp     *net.UDPAddr            // the same
	packets chan *memberlist.Packet // nil if mute
	streams chan net.Conn           // nil if mute
	quit    chan struct{}

	sent, received meter
	losses         losses

	mu     sync.Mutex
	random *rand.Rand
	dead   bool // killed
	closed bool
	conns  map[*conn]struct{}
}

var _ memberlist.Transport = (*Endpoint)(nil)

var errMute = errors.New("a mute node opens no streams")

func newEndpoint(n *Network, address netip.AddrPort) *Endpoint {
	b := address.Addr().As4()
	return &Endpoint{
		network: n, address: address, udp: net.UDPAddrFromAddrPort(address), quit: make(chan struct{}),
		random: rand.New(rand.NewPCG(n.seed, uint64(b[1])<<16|uint64(b[2])<<8|uint64(b[3]))),
	}
}

// Address is where others reach the node.
func (e *Endpoint) Address() netip.AddrPort { return e.address }

// Kill pulls the cable: what the node sends and is sent vanishes, and its
// streams break.
func (e *Endpoint) Kill() {
	e.mu.Lock()
	e.dead = true
	e.mu.Unlock()
	e.breakStreams()
}

// Revive plugs it in again.
func (e *Endpoint) Revive() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.dead = false
}

// Shutdown ends it for ever. It does not wait for those who read from it.
func (e *Endpoint) Shutdown() error {
	e.mu.Lock()
	if !e.closed {
		e.closed = true
		close(e.quit)
	}
	e.mu.Unlock()
	e.breakStreams()
	return nil
}

func (e *Endpoint) breakStreams() {
	e.mu.Lock()
	conns := e.conns
	e.conns = nil
	e.mu.Unlock()
	for c := range conns {
		c.in.reset()
		c.out.reset()
	}
}

// FinalAdvertiseAddr is the address of the node, whatever was configured.
func (e *Endpoint) FinalAdvertiseAddr(string, int) (net.IP, int, error) {
	return e.udp.IP, e.udp.Port, nil
}

// PacketCh gives the datagrams that came.
func (e *Endpoint) PacketCh() <-chan *memberlist.Packet { return e.packets }

// StreamCh gives the streams that others opened.
func (e *Endpoint) StreamCh() <-chan net.Conn { return e.streams }

// WriteTo sends a datagram. That it is lost is no error.
func (e *Endpoint) WriteTo(b []byte, address string) (time.Time, error) {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return time.Time{}, fmt.Errorf("send datagram: %w", err)
	}
	if len(b) > maxDatagram {
		return time.Time{}, fmt.Errorf("send datagram: %d bytes, at most %d go", len(b), maxDatagram)
	}
	on, lost, err := e.launch()
	now := time.Now()
	if err != nil || !on {
		return now, err
	}
	e.sent.datagram(len(b))
	if lost {
		e.losses.lost.Add(1)
		return now, nil
	}
	if other := e.network.find(to); other != nil {
		other.take(append([]byte(nil), b...), e.udp, now)
	}
	return now, nil
}

// launch tells whether a datagram gets on the wire, and whether it is lost there.
func (e *Endpoint) launch() (on, lost bool, err error) {
	share := math.Float64frombits(e.network.loss.Load())
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.closed:
		return false, false, net.ErrClosed
	case e.dead:
		return false, false, nil
	}
	return true, share > 0 && e.random.Float64() < share, nil
}

// take puts a datagram into the queue, if there is room.
func (e *Endpoint) take(b []byte, from net.Addr, now time.Time) {
	if e.state() != alive {
		return
	}
	select {
	case e.packets <- &memberlist.Packet{Buf: b, From: from, Timestamp: now}:
		e.received.datagram(len(b))
	default:
		e.losses.overflows.Add(1)
	}
}

// A state is what others can find a node in.
type state uint8

const (
	alive  state = iota
	silent       // killed, or never there
	ended
)

func (e *Endpoint) state() state {
	if e == nil {
		return silent
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.dead:
		return silent
	case e.closed:
		return ended
	}
	return alive
}
