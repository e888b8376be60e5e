package admit

import (
	"net/netip"
	"time"

	"dropwatch/internal/peer/identity"
)

// A Verdict is what became of a packet.
type Verdict uint8

// The verdicts, in the order of the checks.
const (
	Taken Verdict = iota
	TooLarge
	TooShort
	Network    // source is in no network that is allowed
	PacketRate // source sends too many packets of any kind
	NotRecord
	Version // or kind of record, or flag, that is not known here
	Malformed
	NotAllowed   // key is not on the allow list, or new ones are not accepted
	TooManyHosts // as many keys are known as are allowed
	UnknownKey   // may be accepted when a first part brings the key along
	OldEpoch
	Replayed     // or overtaken
	Skew         // time is too far from ours
	SourceRate   // source sends too many records
	StrangerRate // all sources that never sent a good record send too much
	Forged       // signature is wrong
	HostRate     // host itself sends too much
	Unsaved      // mark cannot be moved as often as that
	BadPayload
	NameTaken // name belongs to another key
	verdicts
)

var verdictNames = [verdicts]string{
	"taken", "too_large", "too_short", "network", "packet_rate", "not_record", "version", "malformed", "not_allowed",
	"too_many_hosts", "unknown_key", "old_epoch", "replayed", "skew", "source_rate", "stranger_rate", "forged", "host_rate", "unsaved", "bad_payload", "name_taken",
}

// String is a name in snake case, for metrics and JSON.
func (v Verdict) String() string {
	if v < verdicts {
		return verdictNames[v]
	}
	return "unknown"
}

// MarshalText is String.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// Counts holds the number of packets by verdict.
type Counts [verdicts]uint64

// All calls f with each verdict and its number, also with zero.
func (c *Counts) All(f func(Verdict, uint64)) {
	for v, n := range c {
		f(Verdict(v), n)
	}
}

// Refused is the number of packets that were not taken.
func (c *Counts) Refused() uint64 {
	var n uint64
	for _, count := range c[Taken+1:] {
		n += count
	}
	return n
}

// A Refusal is a packet that was not taken, the last of its kind or one of the
// second before.
type Refusal struct {
	Verdict Verdict
	Time    time.Time
	Source  netip.AddrPort
	Host    identity.ID // that the packet claims; zero if it was not read so far
}

// refusalEvery is how often the last refusal of a kind is noted.
const refusalEvery = time.Second
