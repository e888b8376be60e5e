package statedir

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"dropwatch/internal/peer/identity"
	"dropwatch/internal/peer/record"
)

// Schema names the form of a Peer in JSON. It changes only by adding.
const Schema = "dropwatch.peer.v1"

// A Peer is what is known of one host.
type Peer struct {
	Schema  string      `json:"schema"` // Write sets it
	ID      identity.ID `json:"id"`
	Name    string      `json:"name"`
	Address string      `json:"address,omitempty"` // where the last record came from
	Role    string      `json:"role,omitempty"`
	// State is what the membership tells, such as "alive"; hosts that only
	// send are not members and have none.
	State string `json:"state,omitempty"`

	First    time.Time `json:"first_heard"`
	Last     time.Time `json:"last_heard"` // when a record came
	Sent     time.Time `json:"sent,omitzero"`
	Epoch    uint64    `json:"epoch"`
	Sequence uint64    `json:"sequence"`
	// Parts and Received tell whether all parts of the record came.
	Parts    int `json:"parts,omitempty"`
	Received int `json:"parts_received,omitempty"`
	// DownAfter is how many of its intervals the host may be silent before it
	// counts as down; 0 is for the reader to decide.
	DownAfter int `json:"down_after,omitempty"`

	Report *record.Report `json:"report,omitempty"`
}

// Bounds of words that are no part of the report.
const (
	maxName = 255
	maxWord = 64
)

// clean makes a peer fit to be printed, whoever wrote the file.
func (p *Peer) clean() {
	p.Name = record.CleanText(p.Name, maxName)
	p.Address = record.CleanText(p.Address, maxWord)
	p.Role = record.CleanText(p.Role, maxWord)
	p.State = record.CleanText(p.State, maxWord)
	if p.Report != nil {
		p.Report.Clean()
	}
}

func format(p *Peer) ([]byte, error) {
	with := *p
	with.Schema = Schema
	with.First, with.Last, with.Sent = p.First.UTC(), p.Last.UTC(), p.Sent.UTC()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(&with)
	return b.Bytes(), err
}

// parse reads a document whole. Keys that it does not know are of a newer
// version.
func parse(data []byte) (*Peer, error) {
	p := new(Peer)
	if err := json.Unmarshal(data, p); err != nil {
		return nil, err
	}
	switch {
	case p.Schema != Schema:
		return nil, fmt.Errorf("schema is %.40q and not %q", p.Schema, Schema)
	case p.ID.IsZero():
		return nil, errors.New("no host id")
	}
	p.clean()
	return p, nil
}
