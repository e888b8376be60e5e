package peer

import (
	"net/netip"
	"sync"

	"github.com/hashicorp/memberlist"
)

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

func (m *members) named(name string) (Member, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	member, ok := m.each[name]
	return member, ok
}
