package peer

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/hashicorp/memberlist"
)

// A Config says who this host is among its peers.
type Config struct {
	// Name must be another one for each member.
	Name string
	// Mute sends only, and opens nothing that listens.
	Mute bool
	// Collector is told to all members, who send their records to it.
	Collector bool
	// Bind is ADDRESS:PORT to listen at, for UDP and TCP.
	Bind string
	// Collectors are told records besides those that are known as members,
	// HOST:PORT.
	Collectors []string
	// Keys encrypt; the first for sending. Without any, all travels in clear.
	Keys [][]byte
	// Allow is asked about each packet (bytes > 0) and connection before it is
	// decoded; nil allows all. It must be quick and is called concurrently.
	Allow func(from netip.AddrPort, bytes int) bool
	// Receive is given what other hosts sent, in no order. It must be quick; the
	// bytes are its own.
	Receive func(packet []byte)
	// Transport carries packets instead of the network, for simulations.
	Transport memberlist.Transport
	// Log takes complaints of the engine, in lines; nil throws them away. The
	// engine writes a line for each bad packet, so it should be limited.
	Log io.Writer
}

// A Node is this host among its peers. Its methods may be called from any
// goroutine.
type Node struct {
	config  Config
	list    *memberlist.Memberlist
	ring    *memberlist.Keyring // nil without keys
	guarded *guardedTransport   // nil if mute
	members members
}

// label keeps clusters of other programs apart.
const label = "dropwatch"

// datagram is the largest packet that goes out unfragmented anywhere.
const datagram = 1400

// Start takes part. Joining is apart: see Join.
func Start(c Config) (*Node, error) {
	n := &Node{config: c}
	lan := memberlist.DefaultLANConfig()
	lan.Name, lan.Label = c.Name, label
	lan.EnableCompression = false // records are small already
	lan.UDPBufferSize = datagram
	lan.Delegate, lan.Events = (*delegate)(n), &n.members
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
	list, err := memberlist.Create(lan)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("take part in the cluster: %w", err), lan.Transport.Shutdown())
	}
	n.list = list
	return n, nil
}

func (n *Node) transport(lan *memberlist.Config) error {
	if n.config.Mute {
		lan.ProbeInterval, lan.GossipInterval, lan.PushPullInterval = 0, 0, 0
		lan.Transport = n.config.Transport
		if lan.Transport == nil {
			lan.Transport = newMuteTransport()
		}
		return nil
	}
	if n.config.Transport != nil {
		lan.Transport = n.config.Transport
		return nil
	}
	host, service, err := net.SplitHostPort(n.config.Bind)
	if err != nil {
		return fmt.Errorf("listen at %q: %w", n.config.Bind, err)
	}
	port, err := strconv.ParseUint(service, 10, 16)
	if err != nil {
		return fmt.Errorf("listen at %q: %q is no port", n.config.Bind, service)
	}
	if host == "" {
		host = "0.0.0.0"
	}
	inner, err := memberlist.NewNetTransport(&memberlist.NetTransportConfig{
		BindAddrs: []string{host}, BindPort: int(port), Logger: lan.Logger,
	})
	if err != nil {
		return fmt.Errorf("listen at %s: %w", n.config.Bind, err)
	}
	allow := n.config.Allow
	if allow == nil {
		allow = func(netip.AddrPort, int) bool { return true }
	}
	n.guarded = guard(inner, allow)
	lan.BindAddr, lan.BindPort, lan.AdvertisePort = host, inner.GetAutoBindPort(), inner.GetAutoBindPort()
	lan.Transport = n.guarded
	return nil
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

// Send sends packets to every collector but itself, and returns the errors of
// those that could not be sent. That nobody is there is no error: datagrams.
func (n *Node) Send(packets [][]byte) error {
	var errs []error
	for _, to := range n.targets() {
		for _, p := range packets {
			if err := n.list.SendToAddress(memberlist.Address{Addr: to.address, Name: to.name}, p); err != nil {
				errs = append(errs, fmt.Errorf("send to %s: %w", to.address, err))
				break
			}
		}
	}
	return errors.Join(errs...)
}

// A target is where a record goes to.
type target struct{ address, name string }

func (n *Node) targets() []target {
	var list []target
	seen := make(map[string]bool)
	for _, m := range n.members.all() {
		if address := m.Address.String(); m.Collector && m.Name != n.config.Name {
			seen[address] = true
			list = append(list, target{address, m.Name})
		}
	}
	for _, address := range n.config.Collectors {
		if !seen[address] {
			list = append(list, target{address: address})
		}
	}
	return list
}

// Members are those that are alive, this host among them unless it is mute.
func (n *Node) Members() []Member {
	if n.config.Mute {
		return nil
	}
	return n.members.all()
}

// Refused is how many packets and connections the guard refused.
func (n *Node) Refused() uint64 {
	if n.guarded == nil {
		return 0
	}
	return n.guarded.refused.Load()
}

// Leave tells the others that this host goes, and waits for that at most as
// long as said.
func (n *Node) Leave(wait time.Duration) error {
	if n.config.Mute {
		return nil
	}
	return n.list.Leave(wait)
}

// Close ends everything at once.
func (n *Node) Close() error { return n.list.Shutdown() }

// A delegate takes what the engine has received.
type delegate Node

func (d *delegate) NodeMeta(int) []byte {
	if d.config.Collector {
		return []byte{metaCollector}
	}
	return nil
}

// NotifyMsg is given bytes of a buffer that is used again.
func (d *delegate) NotifyMsg(packet []byte) {
	if d.config.Receive != nil {
		d.config.Receive(append([]byte(nil), packet...))
	}
}

func (d *delegate) GetBroadcasts(int, int) [][]byte { return nil }
func (d *delegate) LocalState(bool) []byte          { return nil }
func (d *delegate) MergeRemoteState([]byte, bool)   {}

// metaCollector marks a collector in what members know of each other.
const metaCollector = 'c'

// Member is another host, or this one.
type Member struct {
	Name      string
	Address   netip.AddrPort
	Collector bool
}

// members are copies: what the engine tells of is changed in place.
type members struct {
	mu   sync.Mutex
	each map[string]Member
}

func (m *members) NotifyJoin(n *memberlist.Node) { m.set(n) }

func (m *members) NotifyUpdate(n *memberlist.Node) { m.set(n) }

func (m *members) NotifyLeave(n *memberlist.Node) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.each, n.Name)
}

func (m *members) set(n *memberlist.Node) {
	address, _ := netip.AddrFromSlice(n.Addr)
	member := Member{
		Name: n.Name, Address: netip.AddrPortFrom(address.Unmap(), n.Port),
		Collector: len(n.Meta) > 0 && n.Meta[0] == metaCollector,
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.each == nil {
		m.each = make(map[string]Member)
	}
	m.each[n.Name] = member
}

func (m *members) all() []Member {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := make([]Member, 0, len(m.each))
	for _, member := range m.each {
		list = append(list, member)
	}
	return list
}
