package main

import (
	"crypto/ed25519"
	"encoding/binary"
	"fmt"
	"sync/atomic"
	"time"

	"dropwatch/internal/peer"
	"dropwatch/internal/peer/identity"
	"dropwatch/internal/peer/record"
	"dropwatch/internal/peer/simulate/network"
)

// A host is a node of the simulation: the real thing on a network that is not.
type host struct {
	number    int
	name      string
	mute      bool
	key       ed25519.PrivateKey
	id        identity.ID
	end       *network.Endpoint
	node      *peer.Node
	collector *collector // nil for an ordinary one
	dead      atomic.Bool

	epoch, sequence uint64 // of its records; for the sender only
}

func newHost(number int, end *network.Endpoint) *host {
	seed := make([]byte, ed25519.SeedSize)
	binary.BigEndian.PutUint64(seed, uint64(number))
	key := ed25519.NewKeyFromSeed(seed)
	return &host{
		number: number, name: fmt.Sprintf("host%04d.example.net", number), key: key,
		id: identity.IDOf(key.Public().(ed25519.PublicKey)), end: end, epoch: uint64(time.Now().Unix()),
	}
}

func (h *host) kill() {
	h.dead.Store(true)
	h.end.Kill()
}

func (h *host) revive() {
	h.end.Revive()
	h.dead.Store(false)
}

// send sends the next record to all collectors, and tells in how many packets.
func (h *host) send(interval time.Duration) (int, error) {
	h.sequence++
	report := sample(h.name, interval.Seconds(), uint64(h.number), h.sequence)
	packets, err := record.Encode(report, record.Header{Epoch: h.epoch, Sequence: h.sequence, Time: time.Now()}, h.key)
	if err != nil {
		return 0, err
	}
	return len(packets), h.node.Send(packets)
}

// members is how many hosts it knows to be alive, itself among them.
func (h *host) members() int { return len(h.node.Members()) }

// knows tells whether it takes another one to be alive.
func (h *host) knows(other *host) bool {
	for _, m := range h.node.Members() {
		if m.Name == other.name {
			return true
		}
	}
	return false
}
