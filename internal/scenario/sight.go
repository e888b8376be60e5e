package scenario

// Observed is one row of what a source saw: the drops that are alike. What a
// source cannot tell is zero.
type Observed struct {
	Reason    string // without prefix; empty when the kernel gives none
	Symbol    string // function without offset
	NetNS     uint32 // inode
	Interface uint32 // index
	Protocol  uint16
	Transport uint8
	Packets   uint64
	Buffers   uint64
}

// Seen is what a source saw in a time. Rows that are alike are added up.
type Seen struct {
	Rows []Observed
	// AtLeast is set when there were more drops than the source could count.
	AtLeast bool
	// Missed is the number of events that the source knows it did not see.
	Missed uint64
	// Abroad are drops of others; the zero value is for a host without any.
	Abroad Abroad
}

// Sight says what a source can tell. Fields of [Observed] that it cannot are
// not compared, and rows that then look alike are judged by their sum.
type Sight struct {
	// Reason, Protocol and so on are the fields of the same name. Without
	// NetNS a source sees the drops of the whole host.
	Reason, NetNS, Interface, Protocol, Transport bool
	// Packets tells a merged buffer from a packet. Other sources are judged
	// by buffers.
	Packets bool
	// Finer reasons than that of the event are known; see [Want.Plain].
	Finer bool
	// Headless buffers are shown: those without a link-layer header.
	Headless bool
}

// FullSight is that of the eBPF source.
func FullSight() Sight {
	return Sight{
		Reason: true, NetNS: true, Interface: true, Protocol: true, Transport: true,
		Packets: true, Finer: true, Headless: true,
	}
}
