package peer

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/hashicorp/memberlist"
)

// label keeps clusters of other programs apart.
const label = "dropwatch"

// Bytes of the engine's wire format.
const (
	typePing = iota
	typeIndirect
	typeAck
	typeSuspect
	typeAlive
	typeDead
	typePushPull
	typeCompound
	typeUser
	typeCompressed
	typeSealed
	typeNack
	typeCRC
	typeError
	typeLabel = 244

	crcHead = 5
)

var (
	labelBytes = []byte(label)
	// labelHead begins each packet and each stream.
	labelHead = append([]byte{typeLabel, byte(len(label))}, label...)
)

// maxPacket is longer than any packet that hosts send each other.
const maxPacket = 2048

// waiting is how many packets may wait for the engine.
const waiting = 256

// A carrier carries packets and streams between hosts.
type carrier interface {
	FinalAdvertiseAddr(ip string, port int) (net.IP, int, error)
	WriteToAddress(b []byte, to memberlist.Address) (time.Time, error)
	DialAddressTimeout(to memberlist.Address, timeout time.Duration) (net.Conn, error)
	// serve hands what comes to a front, in goroutines of its own, of which one
	// calls take. Shutdown waits for them and can be called again.
	serve(f *front)
	Shutdown() error
}

// A front stands between a carrier and the engine, for which it is the transport.
type front struct {
	carrier
	allow   func(from netip.AddrPort, bytes int) bool
	receive func(packet []byte, from netip.AddrPort)
	opener  atomic.Pointer[opener]
	counted counters
	packets chan *memberlist.Packet
	streams *streams
	room    []byte // for what take opens

	// asks bounds those that others want asked, doubts bounds suspicions. The engine
	// keeps half a second, or up to a minute and a half, in mind for each.
	asks, doubts allowance
}

// What a cluster of a thousand hosts would need if half of them went at once.
const (
	asksPerSecond, asksAtOnce     = 100, 200
	doubtsPerSecond, doubtsAtOnce = 1000, 65536
)

var _ memberlist.NodeAwareTransport = (*front)(nil)

// newFront takes what is nil as: all are allowed, records are thrown away.
func newFront(c *Config, carried carrier, limits streamLimits) (*front, error) {
	o, err := newOpener(c.Keys)
	if err != nil {
		return nil, err
	}
	f := &front{
		carrier: carried, allow: c.Allow, receive: c.Receive,
		packets: make(chan *memberlist.Packet, waiting), room: make([]byte, 0, maxPacket),
		asks:   allowance{perSecond: asksPerSecond, burst: asksAtOnce},
		doubts: allowance{perSecond: doubtsPerSecond, burst: doubtsAtOnce},
	}
	if f.allow == nil {
		f.allow = func(netip.AddrPort, int) bool { return true }
	}
	if f.receive == nil {
		f.receive = func([]byte, netip.AddrPort) {}
	}
	f.opener.Store(o)
	f.streams = newStreams(f, limits, mostStates(c))
	return f, nil
}

// take decides about a packet, and tells whether it is one for the engine, which
// is given it as it came. What is refused costs no allocation. One goroutine only
// may call it.
func (f *front) take(b []byte, from netip.AddrPort) bool {
	if len(b) > maxPacket {
		f.counted.tooLong.Add(1)
		return false
	}
	if !f.allow(from, len(b)) {
		f.counted.network.Add(1)
		return false
	}
	sealed, ok := bytes.CutPrefix(b, labelHead)
	if !ok {
		f.counted.label.Add(1)
		return false
	}
	plain, how := f.opener.Load().open(f.room, sealed)
	switch how {
	case openedOld:
		f.counted.oldKey.Add(1)
		return false
	case notOpened:
		f.counted.notOpened.Add(1)
		return false
	}
	message := checked(plain)
	switch {
	case len(message) == 0:
		f.counted.malformed.Add(1)
		return false
	case message[0] == typeUser:
		f.counted.records.Add(1)
		f.receive(bytes.Clone(message[1:]), from)
		return false
	}
	return f.inspect(message)
}

// inspect tells whether a message is one for the engine.
func (f *front) inspect(message []byte) bool {
	var t tally
	if !t.packet(message) {
		f.counted.malformed.Add(1)
		return false
	}
	if !f.affords(&t) {
		f.counted.busy.Add(1)
		return false
	}
	return true
}

func (f *front) affords(t *tally) bool {
	if t.asks+t.doubts == 0 {
		return true
	}
	now := time.Now()
	return f.asks.take(t.asks, now) && f.doubts.take(t.doubts, now)
}

// checked is a message without its checksum, if it has one; empty if that is
// wrong.
func checked(plain []byte) []byte {
	if len(plain) < crcHead || plain[0] != typeCRC {
		return plain
	}
	if crc32.ChecksumIEEE(plain[crcHead:]) != binary.BigEndian.Uint32(plain[1:]) {
		return nil
	}
	return plain[crcHead:]
}

// pass gives a packet to the engine, which must not hold up those behind it.
func (f *front) pass(p *memberlist.Packet) {
	select {
	case f.packets <- p:
		f.counted.passed.Add(1)
	default:
		f.counted.busy.Add(1)
	}
}

func (f *front) PacketCh() <-chan *memberlist.Packet { return f.packets }
func (f *front) StreamCh() <-chan net.Conn           { return f.streams.ready }

func (f *front) WriteTo(b []byte, address string) (time.Time, error) {
	return f.WriteToAddress(b, memberlist.Address{Addr: address})
}

// Shutdown ends the carrier first: then nothing comes any more.
func (f *front) Shutdown() error {
	err := f.carrier.Shutdown()
	f.streams.close()
	return err
}

// addressOf is zero for what is no address of IP.
func addressOf(a net.Addr) netip.AddrPort {
	var p netip.AddrPort
	switch a := a.(type) {
	case *net.UDPAddr:
		p = a.AddrPort()
	case *net.TCPAddr:
		p = a.AddrPort()
	}
	return unmapped(p)
}

func unmapped(p netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(p.Addr().Unmap(), p.Port())
}
