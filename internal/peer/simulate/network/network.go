// Package network carries what the nodes of a simulation tell each other, within
// one process: datagrams, some of which are lost, streams, and for each node a
// switch that is like pulling its cable.
//
// Nothing takes time on the way. A datagram is counted with 28 bytes of IPv4 and
// UDP headers. A stream is counted with an estimate: 52 bytes of headers for each
// 1448 of data, and four bare segments of each end to begin and end it.
package network

import (
	"encoding/binary"
	"math"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/memberlist"
)

// A Network is what all nodes are connected to. Its methods may be called
// concurrently.
type Network struct {
	seed uint64
	loss atomic.Uint64 // bits of a float64

	mu   sync.RWMutex
	made uint32
	ends map[netip.AddrPort]*Endpoint // those that take anything
}

// port is that of every node.
const port = 1513

// New makes a network without nodes. From the seed follows which datagrams of
// each node are lost.
func New(seed uint64) *Network {
	return &Network{seed: seed, ends: make(map[netip.AddrPort]*Endpoint)}
}

// SetLoss sets the share of datagrams that are lost from now on, 0 to 1.
func (n *Network) SetLoss(share float64) { n.loss.Store(math.Float64bits(share)) }

// Add connects a node, at an address of its own.
func (n *Network) Add() *Endpoint {
	n.mu.Lock()
	defer n.mu.Unlock()
	e := newEndpoint(n, n.next())
	e.packets, e.streams = make(chan *memberlist.Packet, queue), make(chan net.Conn, backlog)
	n.ends[e.address] = e
	return e
}

// AddMute connects a node that can send and is never given anything.
func (n *Network) AddMute() *Endpoint {
	n.mu.Lock()
	defer n.mu.Unlock()
	return newEndpoint(n, n.next())
}

// next is 10.0.0.1 and so on.
func (n *Network) next() netip.AddrPort {
	n.made++
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], 10<<24|n.made&0xffffff)
	return netip.AddrPortFrom(netip.AddrFrom4(b), port)
}

// find is nil for an address where nobody takes anything.
func (n *Network) find(address netip.AddrPort) *Endpoint {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.ends[address]
}
