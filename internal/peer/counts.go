package peer

import "sync/atomic"

// Counts tells what became of all that came from the network. Each packet is in
// one of the numbers, and so is each connection that others opened, but those
// that were cut, which may be among those taken.
type Counts struct {
	// Records were handed to Receive.
	Records uint64 `json:"records"`
	// Passed were handed to the engine.
	Passed uint64 `json:"passed"`

	// KernelDropped found no room at the socket, or were damaged. It is told with
	// the next packet that comes.
	KernelDropped uint64 `json:"kernel_dropped"`
	// TooLong are longer than any that hosts send each other. Allow was not asked.
	TooLong uint64 `json:"too_long"`
	// Network were refused by Allow.
	Network uint64 `json:"network"`
	// Label are of another program or cluster, or noise.
	Label uint64 `json:"label"`
	// OldKey opens with a key that UseKeys has removed: a host has missed the
	// change.
	OldKey uint64 `json:"old_key"`
	// NotOpened have another key, or are forged or cut.
	NotOpened uint64 `json:"not_opened"`
	// Malformed were opened and hold nothing that members send each other: an
	// unknown message, one with a name or a number that cannot be, or a compressed one.
	Malformed uint64 `json:"malformed"`
	// Busy found the engine with too many that wait, or asked it for too much.
	Busy uint64 `json:"busy"`

	// StreamsTaken are connections that were handed to the engine.
	StreamsTaken uint64 `json:"streams_taken"`
	// StreamsNetwork were refused by Allow.
	StreamsNetwork uint64 `json:"streams_network"`
	// StreamsFull are those of one source, or of all, beyond what may be open, and
	// those that asked the engine for too much.
	StreamsFull uint64 `json:"streams_full"`
	// StreamsSilent did not say in time what they want.
	StreamsSilent uint64 `json:"streams_silent"`
	// StreamsLabel are of another program or cluster, or noise.
	StreamsLabel uint64 `json:"streams_label"`
	// StreamsOldKey opens with a key that UseKeys has removed.
	StreamsOldKey uint64 `json:"streams_old_key"`
	// StreamsNotOpened have another key or none, or are forged. Answers to this
	// host count here and in the two numbers beside it too.
	StreamsNotOpened uint64 `json:"streams_not_opened"`
	// StreamsMalformed were opened and hold nothing that members send each other.
	StreamsMalformed uint64 `json:"streams_malformed"`
	// StreamsCut went on for too many bytes, or for too long after they were taken
	// or opened by this host.
	StreamsCut uint64 `json:"streams_cut"`

	// MembersFull is how often a new member was refused, because there were as
	// many as Config allows.
	MembersFull uint64 `json:"members_full"`
}

// All calls f with each number and its name in JSON, also with zero.
func (c *Counts) All(f func(name string, n uint64)) {
	f("records", c.Records)
	f("passed", c.Passed)
	f("kernel_dropped", c.KernelDropped)
	f("too_long", c.TooLong)
	f("network", c.Network)
	f("label", c.Label)
	f("old_key", c.OldKey)
	f("not_opened", c.NotOpened)
	f("malformed", c.Malformed)
	f("busy", c.Busy)
	f("streams_taken", c.StreamsTaken)
	f("streams_network", c.StreamsNetwork)
	f("streams_full", c.StreamsFull)
	f("streams_silent", c.StreamsSilent)
	f("streams_label", c.StreamsLabel)
	f("streams_old_key", c.StreamsOldKey)
	f("streams_not_opened", c.StreamsNotOpened)
	f("streams_malformed", c.StreamsMalformed)
	f("streams_cut", c.StreamsCut)
	f("members_full", c.MembersFull)
}

// counters are Counts while they grow.
type counters struct {
	records, passed                           atomic.Uint64
	kernelDropped, tooLong, network, label    atomic.Uint64
	oldKey, notOpened, malformed, busy        atomic.Uint64
	streamsTaken, streamsNetwork, streamsFull atomic.Uint64
	streamsSilent, streamsLabel, streamsCut   atomic.Uint64
	streamsOldKey, streamsNotOpened           atomic.Uint64
	streamsMalformed, membersFull             atomic.Uint64
}

func (c *counters) now() Counts {
	return Counts{
		Records: c.records.Load(), Passed: c.passed.Load(),
		KernelDropped: c.kernelDropped.Load(), TooLong: c.tooLong.Load(), Network: c.network.Load(), Label: c.label.Load(),
		OldKey: c.oldKey.Load(), NotOpened: c.notOpened.Load(), Malformed: c.malformed.Load(), Busy: c.busy.Load(),
		StreamsTaken: c.streamsTaken.Load(), StreamsNetwork: c.streamsNetwork.Load(), StreamsFull: c.streamsFull.Load(),
		StreamsSilent: c.streamsSilent.Load(), StreamsLabel: c.streamsLabel.Load(), StreamsCut: c.streamsCut.Load(),
		StreamsOldKey: c.streamsOldKey.Load(), StreamsNotOpened: c.streamsNotOpened.Load(),
		StreamsMalformed: c.streamsMalformed.Load(), MembersFull: c.membersFull.Load(),
	}
}

// Counts tells what became of all that came so far. It is zero for a mute host.
func (n *Node) Counts() Counts {
	if n.front == nil {
		return Counts{}
	}
	return n.front.counted.now()
}
