package agent

import (
	"context"
	"fmt"
	"net/netip"
	"path/filepath"
	"sync"
	"time"

	"dropwatch/internal/config"
	"dropwatch/internal/peer/admit"
	"dropwatch/internal/peer/identity"
	"dropwatch/internal/peer/record"
	"dropwatch/internal/peer/statedir"
)

// An inbox takes what peers send, as far as they may, and keeps it.
type inbox struct {
	gate     *admit.Gate
	dir      *statedir.Dir
	expire   time.Duration
	networks []netip.Prefix
	arrived  chan []byte // bounded: what finds no room is counted

	mu      sync.Mutex
	overrun uint64
	known   map[identity.ID]*pending
	firsts  map[identity.ID]time.Time // of an earlier agent
}

// pending is what came of the last record of a host.
type pending struct {
	first time.Time
	parts []*record.Packet
}

// inboxLength is how many packets wait to be looked at.
const inboxLength = 1024

func openInbox(c *config.Config, dir *statedir.Dir) (*inbox, error) {
	p := &c.Peers
	networks, err := p.Prefixes()
	if err != nil {
		return nil, err
	}
	policy := identity.Policy{FirstUse: p.FirstUse, MaxHosts: p.MaxHosts}
	for _, text := range p.Allow {
		id, err := identity.ParseID(text)
		if err != nil {
			return nil, fmt.Errorf("peers.allow: %w", err)
		}
		policy.Allow = append(policy.Allow, id)
	}
	known, err := identity.OpenKnown(filepath.Join(c.State.Identity, "known-hosts"), policy)
	if err != nil {
		return nil, err
	}
	gate, err := admit.New(admit.Config{Known: known, Marks: filepath.Join(c.State.Identity, "marks"), Networks: networks})
	if err != nil {
		return nil, err
	}
	// what is broken is written anew
	peers, _, err := statedir.ReadAll(c.State.Peers)
	if err != nil {
		return nil, err
	}
	firsts := make(map[identity.ID]time.Time, len(peers))
	for _, peer := range peers {
		firsts[peer.ID] = peer.First
	}
	return &inbox{
		firsts: firsts,
		gate:   gate, dir: dir, expire: p.Expire, networks: networks,
		arrived: make(chan []byte, inboxLength), known: make(map[identity.ID]*pending),
	}, nil
}

// allow is asked before anything is decrypted.
func (i *inbox) allow(from netip.AddrPort, _ int) bool {
	if len(i.networks) == 0 {
		return true
	}
	for _, n := range i.networks {
		if n.Contains(from.Addr()) {
			return true
		}
	}
	return false
}

// receive is called by the engine, which must not wait.
func (i *inbox) receive(packet []byte) {
	select {
	case i.arrived <- packet:
	default:
		i.mu.Lock()
		i.overrun++
		i.mu.Unlock()
	}
}

// keep stores what comes until the context ends.
func (a *Agent) keep(ctx context.Context) error {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case packet := <-a.inbox.arrived:
			if err := a.inbox.take(packet, time.Now(), a.key.ID); err != nil {
				return err
			}
		case now := <-ticker.C:
			if err := a.inbox.gate.Save(now); err != nil {
				fmt.Fprintf(a.out, "%v\n", err)
			}
			if _, err := a.dir.Expire(now.Add(-a.inbox.expire)); err != nil {
				fmt.Fprintf(a.out, "%v\n", err)
			}
		}
	}
}

// take stores a packet if it may. That a file cannot be written is an error.
func (i *inbox) take(packet []byte, now time.Time, own identity.ID) error {
	p, verdict := i.gate.Admit(packet, netip.AddrPort{}, now)
	if verdict != admit.Taken || p.Host == own {
		return nil
	}
	h := i.known[p.Host]
	if h == nil {
		h = &pending{first: i.firstHeard(p.Host, now)}
		i.known[p.Host] = h
	}
	if len(h.parts) > 0 && (h.parts[0].Epoch != p.Epoch || h.parts[0].Sequence != p.Sequence) {
		h.parts = nil
	}
	h.parts = append(h.parts, p)
	r, err := record.Merge(h.parts...)
	if err != nil {
		return nil // counted by nobody: it is signed by a host that is known
	}
	document := &statedir.Peer{
		ID: p.Host, First: h.first, Last: now, Sent: p.Time, Epoch: p.Epoch, Sequence: p.Sequence,
		Parts: int(p.Parts), Received: len(h.parts), Report: r,
	}
	if r.Host != nil {
		document.Name, document.Role = r.Host.Name, r.Host.Role
	}
	return i.dir.Write(document)
}

// firstHeard is from the file that an earlier agent has left.
func (i *inbox) firstHeard(id identity.ID, now time.Time) time.Time {
	if first, ok := i.firsts[id]; ok {
		return first
	}
	return now
}

func (i *inbox) close() error { return i.gate.Close() }
