package sockstat

import (
	"strings"

	"golang.org/x/sys/unix"
)

// A Protocol is a kind of sockets; in a Query and as what is missing, a set of
// kinds.
type Protocol uint8

// Protocols.
const (
	UDP Protocol = 1 << iota
	UDPLite
	Raw
	TCP     // only sockets that listen
	Packet  // AF_PACKET
	Netlink // AF_NETLINK, without the kernel's own ends
)

// All are all protocols.
const All = UDP | UDPLite | Raw | TCP | Packet | Netlink

func (p Protocol) String() string {
	var names []string
	for _, known := range protocols() {
		if p&known.protocol != 0 {
			names = append(names, known.name)
		}
	}
	return strings.Join(names, ",")
}

type listed struct {
	protocol Protocol
	name     string
	number   uint8 // of an internet protocol
}

func protocols() []listed {
	return []listed{
		{UDP, "udp", unix.IPPROTO_UDP},
		{UDPLite, "udplite", unix.IPPROTO_UDPLITE},
		{Raw, "raw", unix.IPPROTO_RAW},
		{TCP, "tcp", unix.IPPROTO_TCP},
		{Packet, "packet", 0},
		{Netlink, "netlink", 0},
	}
}

// A State is the kernel's number of a socket's state. UDP and raw sockets are
// Closed until they are connected.
type State uint8

// States.
const (
	Established State = 1
	SynReceived State = 3
	Closed      State = 7
	Listening   State = 10
)

func (s State) String() string {
	switch s {
	case Established:
		return "established"
	case SynReceived:
		return "syn-received"
	case Closed:
		return "closed"
	case Listening:
		return "listening"
	}
	return "other"
}
