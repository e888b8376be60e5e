package peer

import (
	"errors"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

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

// members are copies: what the engine tells of is changed in place. They also
// bound how many the engine keeps.
type members struct {
	self    string
	most    int
	refused *atomic.Uint64
	// The engine forgets one that is gone when it has probed all others once,
	// after forget.
	forget, probe time.Duration

	mu    sync.Mutex
	each  map[string]Member
	gone  map[string]time.Time // since when
	swept time.Time
}

// defaultMembers is what Config.MaxMembers of 0 stands for.
const defaultMembers = 4096

func maxMembers(c *Config) int {
	if c.MaxMembers > 0 {
		return c.MaxMembers
	}
	return defaultMembers
}

// mostStates is how many members another one may tell of at once, which may allow
// more of them.
func mostStates(c *Config) int { return 2 * max(maxMembers(c), defaultMembers) }

// bound is called before the engine calls anything.
func (m *members) bound(lan *memberlist.Config, most int, f *front) {
	m.self, m.most, m.refused = lan.Name, most, new(atomic.Uint64)
	if f != nil {
		m.refused = &f.counted.membersFull
	}
	m.forget = lan.GossipToTheDeadTime
	m.probe = lan.ProbeInterval * time.Duration(lan.AwarenessMaxMultiplier)
	m.each, m.gone = make(map[string]Member), make(map[string]time.Time)
}

var errFull = errors.New("there are too many members already")

// NotifyAlive is asked whether the engine may keep a member.
func (m *members) NotifyAlive(n *memberlist.Node) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, alive := m.each[n.Name]
	_, gone := m.gone[n.Name]
	if alive || gone || n.Name == m.self {
		return nil
	}
	now := time.Now()
	if len(m.each)+len(m.gone) >= m.most {
		m.sweep(now)
	}
	if len(m.each)+len(m.gone) >= m.most {
		m.refused.Add(1)
		return errFull
	}
	m.gone[n.Name] = now // until it joins
	return nil
}

// sweepEvery keeps a flood of members from making each of them expensive.
const sweepEvery = time.Second

// sweep forgets those that the engine has forgotten.
func (m *members) sweep(now time.Time) {
	if now.Sub(m.swept) < sweepEvery {
		return
	}
	m.swept = now
	round := m.forget + m.probe*time.Duration(len(m.each))
	for name, since := range m.gone {
		if now.Sub(since) > round {
			delete(m.gone, name)
		}
	}
}

func (m *members) NotifyJoin(n *memberlist.Node) { m.set(n) }

func (m *members) NotifyUpdate(n *memberlist.Node) { m.set(n) }

func (m *members) NotifyLeave(n *memberlist.Node) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.each, n.Name)
	m.gone[n.Name] = time.Now()
}

func (m *members) set(n *memberlist.Node) {
	address, _ := netip.AddrFromSlice(n.Addr)
	member := Member{
		Name: n.Name, Address: netip.AddrPortFrom(address.Unmap(), n.Port),
		Collector: len(n.Meta) > 0 && n.Meta[0] == metaCollector,
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.gone, n.Name)
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
