package dropmon

import (
	"net/netip"
	"time"
)

// A Drop is one dropped packet or a group of dropped packets that are alike.
//
// Fields that the source cannot know hold their zero value. Names (of reason,
// interface, namespace, process) are empty until something resolves them.
type Drop struct {
	// Packets is the number of wire packets: a merged buffer of 40 segments
	// counts 40. It is zero for a sample, which describes a drop that is
	// counted in another value.
	Packets uint64
	// Buffers is the number of socket buffers (kernel events).
	Buffers uint64
	// Bytes is the sum of the lengths, counted from the network header on.
	Bytes uint64

	// First and Last bound the time of the drops, wall clock.
	First, Last time.Time

	Origin    Origin
	Location  uint64 // return address in the function that dropped; 0 for hardware
	Reason    Reason
	Trap      Trap // hardware drops only
	Interface Interface
	NetNS     NetNS
	Protocol  uint16 // EtherType in host order; 0 when the buffer was no network packet
	Transport uint8  // IP protocol number, valid when Protocol is IPv4 or IPv6
	Flags     Flags

	// Class is what the drop means to an administrator; empty until resolved.
	Class Class
	// Unkeyed marks drops whose attributes were lost for want of room.
	Unkeyed bool

	// Socket is the inode of the socket that the packet belonged to or was
	// meant for, 0 when there was none or the source does not tell.
	Socket  uint64
	Process Process
	Flow    Flow

	// Length is the length of one packet from the network header on. In a
	// group it is set only when the source was told to tell lengths apart.
	Length uint32
	// Packet holds the first bytes of a packet. It is valid until the next
	// call to the source.
	Packet []byte
	// LinkLength is the length of the link-layer header that Packet begins
	// with; 0 if it begins with the network header.
	LinkLength int
	CPU        int
}

// Origin tells who dropped a packet.
type Origin uint8

// Origins of a drop.
const (
	Software Origin = iota // the kernel
	Hardware               // a device, reported through a devlink trap
)

func (o Origin) String() string {
	if o == Hardware {
		return "hardware"
	}
	return "software"
}

// Origins is a set of origins.
type Origins uint8

// The origins that can be watched.
const (
	SoftwareDrops Origins = 1 << iota
	HardwareDrops
)

// A Reason is the kernel's own reason for a drop. Numbers differ between
// kernels; only names can be compared between hosts.
type Reason struct {
	Code      uint32 // value of enum skb_drop_reason, subsystem in the upper 16 bits
	Subsystem string // "core", "openvswitch", ...
	Name      string // without the SKB_DROP_REASON_ prefix; empty when the kernel gives none
}

// A Trap is the devlink trap that reported a hardware drop.
type Trap struct {
	Group, Name string
	// Cookie is what the user who added the tc rule in the device gave to it;
	// raw bytes, empty if there is none.
	Cookie string
}

// An Interface is a network device inside its namespace.
type Interface struct {
	Index uint32
	Name  string
}

// A NetNS is a network namespace, by the inode of its nsfs file.
type NetNS struct {
	Inode uint32 // 0 when unknown
	Name  string
}

// A Process is the owner of a socket.
type Process struct {
	PID  int
	Name string
}

// A Flow is the pair of end points of a packet. Ports are 0 where the
// transport has none.
type Flow struct {
	Source, Destination netip.AddrPort
}

// Flags are facts about a dropped packet that decide what the drop means but
// that reason and location do not tell.
type Flags uint8

// The flags. They match the constants in internal/bpf/drop.bpf.c.
const (
	FlagReset     Flags = 1 << iota // a TCP segment with RST set
	FlagTimeWait                    // the receiving socket is in TIME_WAIT
	FlagLinkDown                    // the interface is down or has no carrier
	FlagBroadcast                   // link-layer broadcast
	FlagMulticast                   // link-layer multicast
	FlagOurMAC                      // classed "for another host" although the MAC address is the interface's: a VLAN nobody has
)
