package agent

import (
	"time"

	"dropwatch/internal/config"
	"dropwatch/internal/history"
	"dropwatch/internal/history/rrdcached"
	"dropwatch/internal/peer/admit"
	"dropwatch/internal/peer/identity"
)

// StatusSchema names the form of a Status in JSON. It changes only by adding.
const StatusSchema = "dropwatch.agent.v1"

// A Status is how an agent is doing itself.
type Status struct {
	Schema  string      `json:"schema"`
	Time    time.Time   `json:"time"`
	Host    string      `json:"host"`
	ID      identity.ID `json:"id"`
	Version string      `json:"version"`
	Parts   []Health    `json:"parts"`
	Peers   *PeerStatus `json:"peers,omitempty"`
	// History is what became of values that are kept, Daemon of those that are
	// given to rrdcached.
	History *history.Counts   `json:"history,omitempty"`
	Daemon  *rrdcached.Counts `json:"rrdcached,omitempty"`
}

// A PeerStatus is how the exchange with others goes.
type PeerStatus struct {
	Role    config.Role `json:"role"`
	Members int         `json:"members"` // that answer, this one among them
	Hosts   int         `json:"hosts"`   // that are known
	// Packets is what became of datagrams before they were looked into, Records
	// what became of those that hold a part of a record.
	Packets map[string]uint64 `json:"packets,omitempty"`
	Records map[string]uint64 `json:"records,omitempty"`
	// Overrun is how many of them found no room to wait in.
	Overrun uint64 `json:"overrun"`
	// Repaired is how many records came from other collectors.
	Repaired uint64 `json:"repaired"`
	// Unrepaired is how often an exchange with another collector failed.
	Unrepaired uint64 `json:"unrepaired"`
	// Unsaved tells why a restart now could open the door to old records.
	Unsaved string `json:"unsaved,omitempty"`
}

// Status may be called at any time.
func (a *Agent) Status() *Status {
	c := a.config.Load()
	s := &Status{
		Schema: StatusSchema, Time: time.Now().UTC(), Host: c.Host, ID: a.key.ID, Version: a.version, Parts: a.parts.all(),
	}
	if m := a.history.Load(); m != nil {
		s.History = new(m.store.Counts())
		if m.daemon != nil {
			s.Daemon = new(m.daemon.Counts())
		}
	}
	l := a.linked()
	if l == nil {
		return s
	}
	s.Peers = &PeerStatus{Role: c.Peers.Role, Members: len(l.node.Members()), Hosts: len(a.hosts.all())}
	if l.inbox == nil {
		return s
	}
	p := s.Peers
	p.Packets, p.Records = make(map[string]uint64), make(map[string]uint64)
	counts := l.node.Counts()
	counts.All(func(name string, n uint64) { p.Packets[name] = n })
	records := l.inbox.gate.Counts()
	records.All(func(v admit.Verdict, n uint64) { p.Records[v.String()] = n })
	p.Overrun, p.Repaired, p.Unrepaired = l.inbox.overrun.Load(), l.inbox.repaired.Load(), l.inbox.unrepaired.Load()
	if err := l.inbox.gate.SaveError(); err != nil {
		p.Unsaved = err.Error()
	}
	return s
}
