package agent

import (
	"context"
	"errors"
	"maps"
	"net/netip"
	"path/filepath"
	"sync/atomic"
	"time"

	"dropwatch/internal/config"
	"dropwatch/internal/peer/admit"
	"dropwatch/internal/peer/identity"
	"dropwatch/internal/peer/record"
	"dropwatch/internal/peer/repair"
	"dropwatch/internal/peer/statedir"
)

// An inbox takes what peers send, as far as they may, and keeps it.
type inbox struct {
	own      identity.ID
	settings config.Peers
	gate     *admit.Gate
	known    *identity.Known // of the gate
	hosts    *hosts
	store    *repair.Store // for other collectors

	packets              chan letter // bounded: what finds no room is counted
	messages             chan []byte
	overrun              atomic.Uint64
	repaired, unrepaired atomic.Uint64

	// of the part that keeps
	parts   map[identity.ID][]*record.Packet // of the last record
	members map[string]bool
	looked  time.Time // at the files
}

// A letter is a packet and who sent it.
type letter struct {
	packet []byte
	from   netip.AddrPort
}

// What waits to be looked at, at most.
const (
	waitingPackets  = 1024
	waitingMessages = 16
)

func (a *Agent) openInbox(c *config.Config) (*inbox, error) {
	p := &c.Peers
	networks, err := p.Prefixes()
	if err != nil {
		return nil, err
	}
	policy := identity.Policy{FirstUse: p.FirstUse, MaxHosts: p.MaxHosts}
	if policy.Allow, err = p.Allowed(); err != nil {
		return nil, err
	}
	known, err := identity.OpenKnown(knownHosts(c), policy)
	if err != nil {
		return nil, err
	}
	gate, err := admit.New(admit.Config{
		Known: known, Marks: marks(c), Networks: networks, Proven: a.hosts.addresses(),
	})
	if err != nil {
		return nil, err
	}
	store, err := repair.New(repair.Config{Name: c.Host, MaxHosts: p.MaxHosts})
	if err != nil {
		return nil, errors.Join(err, gate.Close())
	}
	return &inbox{
		own: a.key.ID, settings: *p, gate: gate, known: known, hosts: a.hosts, store: store,
		packets: make(chan letter, waitingPackets), messages: make(chan []byte, waitingMessages),
		parts: make(map[identity.ID][]*record.Packet), members: make(map[string]bool),
	}, nil
}

// Files of the gate.
func knownHosts(c *config.Config) string { return filepath.Join(c.State.Identity, "known-hosts") }
func marks(c *config.Config) string      { return filepath.Join(c.State.Identity, "marks") }

// allow is asked before anything is decrypted.
func (i *inbox) allow(from netip.AddrPort, bytes int) bool {
	if bytes == 0 { // a connection
		return i.gate.CheckSource(from, time.Now()) == admit.Taken
	}
	return i.gate.CheckPacket(from, time.Now()) == admit.Taken
}

// receive is called by the engine, which must not wait.
func (i *inbox) receive(packet []byte, from netip.AddrPort) {
	select {
	case i.packets <- letter{packet, from}:
	default:
		i.overrun.Add(1)
	}
}

// message is called by the engine, which must not wait.
func (i *inbox) message(message []byte) {
	select {
	case i.messages <- message:
	default:
		i.overrun.Add(1)
	}
}

// keep stores what comes until the context ends. What cannot be written is in
// memory all the same, and written with what comes next.
func (a *Agent) keep(ctx context.Context, l *link) error {
	unkept, unsaved := complaint{out: a.out, part: "peers"}, complaint{out: a.out, part: "peers"}
	refused := newRefusals()
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case letter := <-l.inbox.packets:
			unkept.about(l.inbox.take(letter, time.Now()), "")
		case now := <-ticker.C:
			unsaved.about(l.inbox.gate.Save(now), "")
			unkept.about(a.look(l, now), "")
			refused.tell(a, l.inbox.gate.Refusals())
		}
	}
}

// take stores a packet if it may. That a file cannot be written is an error.
func (i *inbox) take(l letter, now time.Time) error {
	p, verdict := i.gate.Admit(l.packet, l.from, now)
	if verdict != admit.Taken || p.Host == i.own {
		return nil
	}
	if !l.from.IsValid() {
		i.repaired.Add(1)
	}
	i.store.Put(p.Host, p.Epoch, p.Sequence, p.Part, p.Parts, l.packet, p.Time)
	parts := i.parts[p.Host]
	if len(parts) > 0 && (parts[0].Epoch != p.Epoch || parts[0].Sequence != p.Sequence) {
		parts = nil
	}
	parts = append(parts, p)
	i.parts[p.Host] = parts
	r, err := record.Merge(parts...)
	if err != nil {
		return nil // signed by a host that is known, who contradicts itself
	}
	document := &statedir.Peer{
		ID: p.Host, First: now, Last: now, Sent: p.Time, Epoch: p.Epoch, Sequence: p.Sequence,
		Parts: int(p.Parts), Received: len(parts), DownAfter: i.settings.DownAfter, Report: r,
	}
	if before := i.hosts.of(p.Host); before != nil {
		document.First, document.Address = before.First, before.Address
		document.Name, document.Role = before.Name, before.Role // a later part does not tell them
	}
	if l.from.IsValid() {
		document.Address = l.from.String()
	}
	if r.Host != nil {
		document.Name, document.Role = r.Host.Name, r.Host.Role
	}
	if i.members[document.Name] {
		document.State = stateAlive
	}
	return i.hosts.put(document)
}

// What the membership tells of a host. Mute ones are not members and have none.
const (
	stateAlive = "alive"
	stateGone  = "gone"
	stateSelf  = "self"
)

// look looks who answers, and forgets who was silent for long.
func (a *Agent) look(l *link, now time.Time) (told error) {
	members := make(map[string]bool)
	for _, m := range l.node.Members() {
		members[m.Name] = true
	}
	i := l.inbox
	if !maps.Equal(members, i.members) {
		i.members = members
		told = i.tellMembers()
	}
	files := now.Sub(i.looked) >= lookEvery
	if files {
		i.looked = now
	}
	old, err := i.hosts.expire(now.Add(-i.settings.Expire), files)
	for _, id := range old {
		delete(i.parts, id)
		i.store.Forget(id)
		i.gate.Forget(id)
	}
	return errors.Join(told, err)
}

// lookEvery is how often all files are looked at for their age.
const lookEvery = time.Minute

// tellMembers writes who answers into the files of those for whom it changed.
func (i *inbox) tellMembers() (err error) {
	for _, p := range i.hosts.all() {
		state := p.State
		switch {
		case p.ID == i.own:
		case i.members[p.Name]:
			state = stateAlive
		case p.State == stateAlive:
			state = stateGone
		}
		if state == p.State {
			continue
		}
		changed := *p
		changed.State = state
		err = errors.Join(err, i.hosts.put(&changed))
	}
	return err
}

func (i *inbox) close() error { return i.gate.Close() }
