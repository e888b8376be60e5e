package report

import (
	"fmt"
	"strings"
)

// A Culprit is what dropped packets: a socket that was not read, a rule of a
// firewall, a full queue.
type Culprit struct {
	// Kind is one of "socket", "listener", "rule", "qdisc", "neighbour", "route"
	// and "program". What else is set depends on it.
	Kind string `json:"kind"`
	Name string `json:"name"` // for people
	// Packets are those of the row that this one dropped; absent when that is
	// known without a number.
	Packets uint64 `json:"packets,omitempty"`

	Process   *Process   `json:"process,omitempty"`
	Socket    *Socket    `json:"socket,omitempty"`
	Rule      *Rule      `json:"rule,omitempty"`
	Qdisc     *Qdisc     `json:"qdisc,omitempty"`
	Interface *Interface `json:"interface,omitempty"`
	Address   string     `json:"address,omitempty"`
}

// A Socket is one that lost packets, with what it held when it was looked at
// last. What does not apply is absent.
type Socket struct {
	Protocol string `json:"protocol"`
	Local    string `json:"local,omitempty"`
	Inode    uint32 `json:"inode,omitempty"`
	// ReceiveBuffer is the limit of what it may hold, Received what it held, in
	// bytes as the kernel charges them.
	Received      uint32 `json:"received,omitempty"`
	ReceiveBuffer uint32 `json:"receive_buffer,omitempty"`
	// Accept is the number of connections that waited to be accepted, Backlog
	// the most that may.
	Accept  *uint32 `json:"accept,omitempty"`
	Backlog *uint32 `json:"backlog,omitempty"`
}

// A Rule is a rule of a firewall, or the policy of a chain.
type Rule struct {
	System  string `json:"system"` // nft, iptables or ip6tables
	Family  string `json:"family,omitempty"`
	Table   string `json:"table"`
	Chain   string `json:"chain"`
	Hook    string `json:"hook,omitempty"`
	Handle  uint64 `json:"handle,omitempty"`
	Number  int    `json:"number,omitempty"` // in its chain, from 1
	Policy  bool   `json:"policy,omitempty"`
	Verdict string `json:"verdict,omitempty"`
	Comment string `json:"comment,omitempty"`
}

// A Qdisc is a queueing discipline or a class of one.
type Qdisc struct {
	Kind   string `json:"kind"`
	Handle string `json:"handle,omitempty"`
	Parent string `json:"parent"`
	// Settings are its limits and rates.
	Settings []Setting `json:"settings,omitempty"`
}

// A Setting is a limit or a rate.
type Setting struct {
	Name  string `json:"name"`
	Value uint64 `json:"value"`
	Unit  string `json:"unit,omitempty"`
}

// By names the culprits of a row. Numbers tell several apart, or one from a
// part without any.
func (d *Drop) By() string {
	var parts []string
	for _, c := range d.Culprit {
		text := c.Name
		if c.Packets > 0 && c.Packets < d.Buffers {
			text = fmt.Sprintf("%d %s", c.Packets, text)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}
