package network

import "sync/atomic"

const (
	headers       = 28   // of IPv4 and UDP
	segment       = 1448 // bytes of data
	segmentHeader = 52   // of IPv4 and TCP with time stamps
	bareSegments  = 4    // of one end: to open, acknowledge and close
)

// Traffic is what went in one direction, headers included.
type Traffic struct {
	Packets, Bytes       uint64 // datagrams
	Streams, StreamBytes uint64 // estimated
}

// Counts is what went through an Endpoint so far.
type Counts struct {
	Sent, Received Traffic
	Lost           uint64 // datagrams sent that were lost on the way
	Overflows      uint64 // datagrams that found no room in the queue of the node
	Refused        uint64 // streams that found no room
}

// Counts returns what went through so far.
func (e *Endpoint) Counts() Counts {
	return Counts{
		Sent: e.sent.read(), Received: e.received.read(),
		Lost: e.losses.lost.Load(), Overflows: e.losses.overflows.Load(), Refused: e.losses.refused.Load(),
	}
}

// losses count what did not arrive.
type losses struct{ lost, overflows, refused atomic.Uint64 }

// A meter counts traffic.
type meter struct{ packets, bytes, streams, streamBytes atomic.Uint64 }

func (m *meter) read() Traffic {
	return Traffic{Packets: m.packets.Load(), Bytes: m.bytes.Load(), Streams: m.streams.Load(), StreamBytes: m.streamBytes.Load()}
}

func (m *meter) datagram(bytes int) {
	m.packets.Add(1)
	m.bytes.Add(uint64(bytes + headers))
}

func (m *meter) stream() {
	m.streams.Add(1)
	m.streamBytes.Add(bareSegments * segmentHeader)
}

func (m *meter) data(bytes int) {
	segments := (bytes + segment - 1) / segment
	m.streamBytes.Add(uint64(bytes + segments*segmentHeader))
}
