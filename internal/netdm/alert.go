package netdm

import (
	"encoding/binary"
	"fmt"
	"time"
)

// Mode is the kind of alerts that the monitor sends.
type Mode uint8

// The modes. Packet mode needs Linux 5.4.
const (
	Summary Mode = 0
	Packets Mode = 1
)

func (m Mode) String() string {
	switch m {
	case Summary:
		return "summary"
	case Packets:
		return "packet"
	}
	return fmt.Sprintf("mode %d", uint8(m))
}

// SummaryLimit is how many different locations (or traps) the kernel counts
// for each CPU between two summaries. Drops at further ones it forgets without
// counting them (dm_hit_limit in the kernel's source).
const SummaryLimit = 64

// SummaryDelay is how long the kernel holds a summary back after the first drop
// in it. The alert itself comes some tens of milliseconds later still.
const SummaryDelay = time.Second

// An Alert is one message of the monitor. All its slices are valid until the
// next alert is received.
type Alert struct {
	// Mode tells which of the following are set.
	Mode Mode

	// Hits and Traps are a summary: software drops or hardware drops of one
	// CPU; the kernel sends them apart.
	Hits  []Hit
	Traps []TrapHit

	// Packet is a single drop.
	Packet Packet

	// Message is the whole netlink message, header included.
	Message []byte
}

// Full tells whether a summary has as many entries as the kernel keeps, so that
// drops at other places may have been forgotten.
func (a *Alert) Full() bool {
	return len(a.Hits) >= SummaryLimit || len(a.Traps) >= SummaryLimit
}

// A Hit is a location in the kernel and how many packets it dropped.
type Hit struct {
	// Location is an address in the function that dropped. 0 stands for
	// packets that a network device counted as dropped on its own; the kernel
	// looks at these counters from time to time.
	Location uint64
	Count    uint32
}

// A TrapHit is a devlink trap and how many packets it reported.
type TrapHit struct {
	Trap  []byte
	Count uint32
}

// Origin is who dropped a packet.
type Origin uint16

// The origins.
const (
	Software Origin = 0
	Hardware Origin = 1
)

// A Packet is one dropped packet. A slice is nil where the kernel gave none.
type Packet struct {
	Origin Origin

	// Location is an address in the function that dropped, Symbol the kernel's
	// own name for it, which the kernel cuts at 39 bytes. Software only.
	Location uint64
	Symbol   []byte
	// Reason is the drop reason without its SKB_DROP_REASON_ prefix. Software
	// only, since Linux 5.18.
	Reason []byte

	// TrapGroup and Trap name the devlink trap, Cookie is that of the tc rule
	// in the device (since Linux 5.7). Hardware only.
	TrapGroup, Trap, Cookie []byte

	// Interface is the index of the interface the packet came in by, in the
	// namespace of that interface, which is not told; 0 for none.
	// InterfaceName is given for hardware only.
	Interface     uint32
	InterfaceName []byte

	Time time.Time // of the drop
	// Length is that of the whole packet in bytes, from the link-layer header
	// on, as in Payload.
	Length uint32
	// Protocol is the EtherType, set if Payload is not nil.
	Protocol uint16
	// Payload is the beginning of the packet, as long as was asked for.
	Payload []byte
}

const (
	messageHeader = 16 // struct nlmsghdr
	genericHeader = 4  // struct genlmsghdr
)

// decode reads the first message of a datagram into the alert and returns the
// rest of the datagram. It returns false for messages that are no alerts of the
// family.
func (a *Alert) decode(family uint16, datagram []byte) (rest []byte, ok bool, err error) {
	if len(datagram) < messageHeader {
		return nil, false, fmt.Errorf("decode alert: %d bytes are no netlink message", len(datagram))
	}
	length := int64(binary.NativeEndian.Uint32(datagram))
	if length < messageHeader || length > int64(len(datagram)) {
		return nil, false, fmt.Errorf("decode alert: message says it has %d bytes where there are %d", length, len(datagram))
	}
	rest = datagram[min(align(int(length)), len(datagram)):]
	message := datagram[:length:length]
	if binary.NativeEndian.Uint16(message[4:]) != family {
		return rest, false, nil
	}
	if len(message) < messageHeader+genericHeader {
		return rest, false, fmt.Errorf("decode alert: message of %d bytes has no generic netlink header", length)
	}
	body := message[messageHeader+genericHeader:]
	switch message[messageHeader] {
	case commandAlert:
		err = a.decodeSummary(body)
	case commandPacketAlert:
		a.Mode, a.Hits, a.Traps = Packets, a.Hits[:0], a.Traps[:0]
		err = a.Packet.decode(body)
	default:
		return rest, false, nil
	}
	if err != nil {
		return rest, false, fmt.Errorf("decode alert: %w", err)
	}
	a.Message = message
	return rest, true, nil
}
