package peer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/memberlist"
)

// A Config says who this host is among its peers.
type Config struct {
	// Name must be another one for each member: printable text of at most 255 bytes.
	// Members with other names are not taken.
	Name string
	// Mute sends only, and opens nothing that listens.
	Mute bool
	// Collector is told to all members, who send their records to it.
	Collector bool
	// Bind is ADDRESS:PORT to listen at, for UDP and TCP. Without an address it
	// is all of them; port 0 is any that is free.
	Bind string
	// Collectors are told records besides those that are known as members,
	// HOST:PORT.
	Collectors []string
	// Keys encrypt; the first for sending. Without any, all travels in clear.
	Keys [][]byte
	// Allow is asked about the source of each packet and of each connection,
	// for which bytes is 0, before anything is decoded; nil allows all. It must be
	// quick and is called concurrently.
	Allow func(from netip.AddrPort, bytes int) bool
	// Receive is given the records that other hosts sent, in the order in which
	// they came, by one goroutine that reads nothing else meanwhile: it must be
	// quick. The bytes are its own. From is zero if a simulation has no addresses of
	// IP. It may be called before Start returns, and not after Close.
	Receive func(packet []byte, from netip.AddrPort)
	// Message is given what members sent with SendReliable, concurrently and in
	// no order; it may block for a while. The bytes are its own. It is not called
	// after Close, which it must not call.
	Message func(message []byte)
	// MaxMembers is how many members this host keeps in mind, those that went lately
	// among them; 0 is 4096. Who has the keys can invent members until no other
	// ones can join, for as long as it takes to find that they do not answer.
	MaxMembers int
	// Transport carries packets instead of the network, for simulations.
	Transport memberlist.Transport
	// Log takes complaints of the engine, in lines; nil throws them away. Those
	// who have the keys can make it write many, so it should be limited.
	Log io.Writer
}

// A Node is this host among its peers. Its methods may be called from any
// goroutine.
type Node struct {
	config  Config
	list    *memberlist.Memberlist
	ring    *memberlist.Keyring // nil without keys
	front   *front              // nil if mute
	members members

	rotation sync.Mutex // of the keys

	ending sync.RWMutex // held while Message runs
	closed atomic.Bool
}

// datagram is the largest packet that goes out unfragmented anywhere.
const datagram = 1400

// Start takes part. Joining is apart: see Join.
func Start(c Config) (*Node, error) {
	if !c.Mute && !goodName([]byte(c.Name)) {
		return nil, fmt.Errorf("take part in the cluster: the name %q is none that others take; want 1 to %d bytes of printable text", c.Name, maxName)
	}
	n := &Node{config: c}
	lan := memberlist.DefaultLANConfig()
	lan.Name, lan.Label = c.Name, label
	lan.EnableCompression = false // records are small already
	lan.UDPBufferSize = datagram
	lan.Delegate, lan.Events, lan.Alive = (*delegate)(n), &n.members, &n.members
	lan.LogOutput = nil
	out := c.Log
	if out == nil {
		out = io.Discard
	}
	lan.Logger = log.New(out, "", 0)
	if len(c.Keys) > 0 {
		ring, err := memberlist.NewKeyring(c.Keys, c.Keys[0])
		if err != nil {
			return nil, fmt.Errorf("use keys of the cluster: %w", err)
		}
		n.ring, lan.Keyring = ring, ring
	}
	if err := n.transport(lan); err != nil {
		return nil, err
	}
	n.members.bound(lan, maxMembers(&c), n.front)
	list, err := memberlist.Create(lan)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("take part in the cluster: %w", err), lan.Transport.Shutdown())
	}
	n.list = list
	return n, nil
}

func (n *Node) transport(lan *memberlist.Config) (err error) {
	switch {
	case n.config.Mute:
		lan.ProbeInterval, lan.GossipInterval, lan.PushPullInterval = 0, 0, 0
		if n.config.Transport == nil {
			lan.Transport = newMuteTransport()
			return nil
		}
		// what a simulation sends it is taken nowhere
		_, err = behind(&Config{Allow: nobody}, overChannels(n.config.Transport), lan)
		return err
	case n.config.Transport != nil:
		n.front, err = behind(&n.config, overChannels(n.config.Transport), lan)
		return err
	}
	s, err := listen(n.config.Bind)
	if err != nil {
		return err
	}
	lan.BindPort, lan.AdvertisePort = s.port(), s.port()
	n.front, err = behind(&n.config, s, lan)
	return err
}

func nobody(netip.AddrPort, int) bool { return false }

// behind puts the engine behind a front.
func behind(config *Config, c carrier, lan *memberlist.Config) (*front, error) {
	f, err := newFront(config, c, defaultLimits)
	if err != nil {
		return nil, errors.Join(err, c.Shutdown())
	}
	c.serve(f)
	lan.Transport = f
	return f, nil
}

// Join makes this host a member of the cluster that one of the addresses is in.
// It blocks until it has spoken with them; the error tells of those that did not
// answer, and is nil if one did.
func (n *Node) Join(addresses []string) error {
	if n.config.Mute || len(addresses) == 0 {
		return nil
	}
	if joined, err := n.list.Join(addresses); joined == 0 {
		return fmt.Errorf("join the cluster: %w", err)
	}
	return nil
}

// Members are those that are alive, this host among them unless it is mute.
func (n *Node) Members() []Member {
	if n.config.Mute {
		return nil
	}
	return n.members.all()
}

// Leave tells the others that this host goes, and waits for that at most as
// long as said.
func (n *Node) Leave(wait time.Duration) error {
	if n.config.Mute {
		return nil
	}
	if n.closed.Load() {
		return fmt.Errorf("leave the cluster: %w", net.ErrClosed)
	}
	return n.list.Leave(wait)
}

// Close ends everything at once, open connections too. It waits until Receive and
// Message have returned.
func (n *Node) Close() error {
	err := n.list.Shutdown()
	n.ending.Lock()
	defer n.ending.Unlock()
	n.closed.Store(true)
	return err
}

// A delegate takes what the engine has received.
type delegate Node

func (d *delegate) NodeMeta(int) []byte {
	if d.config.Collector {
		return []byte{metaCollector}
	}
	return nil
}

// NotifyMsg is given what came over a stream, or among other messages in one
// packet. The bytes are of a buffer that is used again.
func (d *delegate) NotifyMsg(message []byte) {
	d.ending.RLock()
	defer d.ending.RUnlock()
	if d.config.Message != nil && !d.closed.Load() {
		d.config.Message(bytes.Clone(message))
	}
}

func (d *delegate) GetBroadcasts(int, int) [][]byte { return nil }
func (d *delegate) LocalState(bool) []byte          { return nil }
func (d *delegate) MergeRemoteState([]byte, bool)   {}
