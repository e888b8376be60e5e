package scenario

import "slices"

// count is how many packets most scenarios send.
const count = 100

// A Scenario is one exact way to lose packets.
type Scenario struct {
	Name    string
	Needs   []Need
	Forward bool // three nodes instead of two
	// Setup prepares the lab, before anybody watches. It may be nil.
	Setup func(*Lab) error
	// Send makes the drops. It returns when every packet has been handed to
	// the kernel.
	Send func(*Lab) error
	// Want is every drop in the lab's namespaces; empty when the kernel shows
	// none and only counters tell.
	Want []Want
	// Counters must rise by exactly what they say.
	Counters []Counter
}

// A Want is one row of expected drops.
type Want struct {
	// Reason is the name on kernels that know it and use it here. On those
	// that do not know the name, and on those before Since, one of Older is
	// given instead.
	Reason string
	Since  string // release from which Reason is used here, such as "6.13"; empty: since the kernel knows the name
	Older  []string
	// Shown is the release from which the kernel shows this drop; empty: all
	// do. On older ones there must be no such row.
	Shown string
	// Until is the release from which the kernel no longer shows it; empty: all
	// kernels do.
	Until string
	// Plain is what the kernel's own drop event says where the eBPF source knows
	// a finer reason; empty: Reason too.
	Plain string
	// Headless marks packets that have no link-layer header when they are
	// dropped, which the drop monitor's single packets therefore lack.
	Headless bool
	// Symbols are the functions that drop, on any kernel from 5.10 to 7.2.
	Symbols []string

	Node Node
	// Interface is the name inside the node; empty when the packet has none.
	Interface string
	Protocol  uint16 // EtherType
	Transport uint8  // IP protocol

	Packets uint64
	// Buffers differs from Packets when offloads merged packets; 0 means as
	// many as packets.
	Buffers uint64
	// FromCounter names a counter of the node; Packets is then its rise,
	// which is neither zero nor more than Packets here.
	FromCounter string
	// AtLeast allows more; with Packets 0 the row need not be there at all.
	AtLeast bool
}

// Lab builds the lab that the scenario needs.
func (s Scenario) Lab() (*Lab, error) { return New(s.options()) }

func (s Scenario) options() Options {
	return Options{Forward: s.Forward, IPv6: slices.Contains(s.Needs, IPv6)}
}
