package agent

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"slices"
	"sync"
	"time"

	"dropwatch/internal/peer/identity"
	"dropwatch/internal/peer/statedir"
)

// Hosts are what is known of all hosts, in memory and in the state directory.
type hosts struct {
	path string

	mu   sync.Mutex
	dir  *statedir.Dir
	at   fs.FileInfo                    // of the directory
	each map[identity.ID]*statedir.Peer // never changed, only replaced
}

// openHosts begins with what an earlier agent has left of other hosts: this one is
// no host that was silent for a while. What is broken is written anew when the host
// is heard.
func openHosts(path string, own identity.ID) (*hosts, error) {
	h := &hosts{path: path}
	if err := h.open(); err != nil {
		return nil, err
	}
	peers, _, err := statedir.ReadAll(path)
	if err != nil {
		return nil, errors.Join(err, h.close())
	}
	h.each = make(map[identity.ID]*statedir.Peer, len(peers))
	for _, p := range peers {
		if p.ID != own {
			h.each[p.ID] = p
		}
	}
	return h, nil
}

// open takes the directory. The caller holds the lock, or is alone.
func (h *hosts) open() error {
	dir, err := statedir.Open(h.path)
	if err != nil {
		return err
	}
	at, err := os.Stat(h.path)
	if err != nil {
		return errors.Join(fmt.Errorf("open state directory: %w", err), dir.Close())
	}
	h.dir, h.at = dir, at
	return nil
}

// again takes the directory anew if somebody has removed it, and writes into it
// what is known, which is all but the past of drops. It tells whether that was the
// trouble.
func (h *hosts) again(failed *statedir.Dir) (bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.dir != failed {
		return true, nil // somebody else did
	}
	if now, err := os.Stat(h.path); err == nil && os.SameFile(now, h.at) {
		return false, nil
	}
	if err := h.open(); err != nil {
		return true, err
	}
	err := failed.Close()
	for _, p := range h.each {
		err = errors.Join(err, h.dir.Write(p))
	}
	return true, err
}

func (h *hosts) close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.dir.Close()
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
	dir := h.dir
	h.mu.Unlock()
	err := dir.Write(p)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrClosed) {
		if removed, err := h.again(dir); removed { // p is among all that is written
			return err
		}
	}
	if p.Report != nil && p.Report.Drops != nil {
		err = errors.Join(err, dir.AppendDrops(p))
	}
	return err
}

// expire forgets those that were not heard since a time, and returns them. Files
// that are older are looked for if there are any, or if it is said.
func (h *hosts) expire(before time.Time, files bool) ([]identity.ID, error) {
	h.mu.Lock()
	dir := h.dir
	var old []identity.ID
	for id, p := range h.each {
		if p.Last.Before(before) {
			old = append(old, id)
			delete(h.each, id)
		}
	}
	h.mu.Unlock()
	if len(old) == 0 && !files {
		return nil, nil
	}
	slices.SortFunc(old, identity.ID.Compare)
	_, err := dir.Expire(before)
	return old, err
}
