package agent

import (
	"errors"
	"net/netip"
	"slices"
	"sync"
	"time"

	"dropwatch/internal/peer/identity"
	"dropwatch/internal/peer/statedir"
)

// Hosts are what is known of all hosts, in memory and in the state directory.
type hosts struct {
	dir *statedir.Dir

	mu   sync.Mutex
	each map[identity.ID]*statedir.Peer // never changed, only replaced
}

// openHosts begins with what an earlier agent has left of other hosts: this one is
// no host that was silent for a while. What is broken is written anew when the host
// is heard.
func openHosts(path string, dir *statedir.Dir, own identity.ID) (*hosts, error) {
	peers, _, err := statedir.ReadAll(path)
	if err != nil {
		return nil, err
	}
	h := &hosts{dir: dir, each: make(map[identity.ID]*statedir.Peer, len(peers))}
	for _, p := range peers {
		if p.ID != own {
			h.each[p.ID] = p
		}
	}
	return h, nil
}

// of is what is known of a host, or nil.
func (h *hosts) of(id identity.ID) *statedir.Peer {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.each[id]
}

// all are in no order.
func (h *hosts) all() []*statedir.Peer {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := make([]*statedir.Peer, 0, len(h.each))
	for _, p := range h.each {
		list = append(list, p)
	}
	return list
}

// addresses are those that records came from.
func (h *hosts) addresses() []netip.Addr {
	var list []netip.Addr
	for _, p := range h.all() {
		if address, err := netip.ParseAddrPort(p.Address); err == nil {
			list = append(list, address.Addr())
		}
	}
	return list
}

// put replaces what is known of a host. That its file cannot be written is an
// error, and does not make it unknown here.
func (h *hosts) put(p *statedir.Peer) error {
	h.mu.Lock()
	h.each[p.ID] = p
	h.mu.Unlock()
	err := h.dir.Write(p)
	if p.Report != nil && p.Report.Drops != nil {
		err = errors.Join(err, h.dir.AppendDrops(p))
	}
	return err
}

// expire forgets those that were not heard since a time, and returns them.
func (h *hosts) expire(before time.Time) ([]identity.ID, error) {
	h.mu.Lock()
	var old []identity.ID
	for id, p := range h.each {
		if p.Last.Before(before) {
			old = append(old, id)
			delete(h.each, id)
		}
	}
	h.mu.Unlock()
	slices.SortFunc(old, identity.ID.Compare)
	_, err := h.dir.Expire(before)
	return old, err
}
