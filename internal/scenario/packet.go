package scenario

import (
	"net/netip"

	"golang.org/x/sys/unix"
)

// Ports that nothing else in a lab uses.
const (
	clientPort = 40000
	openPort   = 5001
	closedPort = 5009
)

func addressA(f family) netip.Addr { return endOf("ab").address(f) }
func addressB(f family) netip.Addr { return endOf("ba").address(f) }
func addressC(f family) netip.Addr { return endOf("cb").address(f) }

// frame is a frame from A to B on the first wire. Source and destination are
// A's and B's address unless the header has others.
func (f family) frame(h ipHeader, payload []byte) []byte {
	h = f.addressed(h)
	return ethernet(endOf("ba").mac, endOf("ab").mac, f.ether, h.packet(payload))
}

func (f family) addressed(h ipHeader) ipHeader {
	if !h.source.IsValid() {
		h.source = addressA(f)
	}
	if !h.destination.IsValid() {
		h.destination = addressB(f)
	}
	return h
}

// udpFrame is a frame with a datagram of size bytes from A.
func (f family) udpFrame(h ipHeader, u udpHeader, size int) []byte {
	h = f.addressed(h)
	h.protocol = unix.IPPROTO_UDP
	if u.source == 0 {
		u.source = clientPort
	}
	if u.destination == 0 {
		u.destination = closedPort
	}
	return f.frame(h, u.segment(h.source, h.destination, make([]byte, size)))
}

// tcpFrame is a frame with a TCP segment from A.
func (f family) tcpFrame(h ipHeader, t tcpHeader, size int) []byte {
	h = f.addressed(h)
	h.protocol = unix.IPPROTO_TCP
	if t.source == 0 {
		t.source = clientPort
	}
	if t.destination == 0 {
		t.destination = closedPort
	}
	return f.frame(h, t.segment(h.source, h.destination, make([]byte, size)))
}

// icmpFrame is a frame with an ICMP message from A.
func (f family) icmpFrame(h ipHeader, m icmpMessage, size int) []byte {
	h = f.addressed(h)
	h.protocol = f.icmp
	return f.frame(h, m.segment(h.source, h.destination, make([]byte, size)))
}

// atB is a want for packets that arrived at B from A.
func (f family) atB(reason string, transport uint8, symbols ...string) Want {
	return Want{
		Reason: reason, Symbols: symbols, Node: B, Interface: "ba",
		Protocol: f.ether, Transport: transport, Packets: count,
	}
}

// older names the reasons of kernels that do not give the want's.
func (w Want) older(reasons ...string) Want {
	w.Older = reasons
	return w
}

// plain names the reason of the kernel's own drop event.
func (w Want) plain(reason string) Want {
	w.Plain = reason
	return w
}

func (w Want) since(release string) Want {
	w.Since = release
	return w
}

// at moves a want to another place.
func (w Want) at(n Node, dev string) Want {
	w.Node, w.Interface = n, dev
	return w
}

// times changes the number of packets.
func (w Want) times(n uint64) Want {
	w.Packets = n
	return w
}

// headless is for a packet that its own host drops before it has a link-layer
// header.
func (w Want) headless() Want {
	w.Headless = true
	return w
}

// rise is a counter of B that rises with each packet.
func (f family) rise(group, name string) Counter {
	return Counter{Node: B, Name: f.counter(group, name), Delta: count}
}

// unspecified is what kernels say that have no better reason.
const unspecified = "NOT_SPECIFIED"
