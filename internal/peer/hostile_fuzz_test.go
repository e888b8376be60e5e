package peer

import (
	"errors"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/memberlist"
)

// A pit is the transport of a node that nobody hears.
type pit struct {
	packets chan *memberlist.Packet
	streams chan net.Conn
	written chan bool
	answer  []byte // to what the node opens
}

func (p *pit) FinalAdvertiseAddr(string, int) (net.IP, int, error) { return somewhere, 1513, nil }
func (p *pit) PacketCh() <-chan *memberlist.Packet                 { return p.packets }
func (p *pit) StreamCh() <-chan net.Conn                           { return p.streams }
func (p *pit) Shutdown() error                                     { return nil }

func (p *pit) WriteTo([]byte, string) (time.Time, error) {
	select {
	case p.written <- true:
	default:
	}
	return time.Now(), nil
}

// DialTimeout answers when the test asks to join only, which has that name.
func (p *pit) DialTimeout(to string, _ time.Duration) (net.Conn, error) {
	if to != "10.1.1.1:1" {
		return nil, errors.New("nobody is there")
	}
	near, far := net.Pipe()
	go func() { _, _ = io.Copy(io.Discard, far) }()
	go func() {
		_, _ = far.Write(p.answer)
		far.Close()
	}()
	return near, nil
}

// A victim is a node with its transport.
type victim struct {
	*pit
	node   *Node
	packet func(t testing.TB, message string) []byte
	stream func(t testing.TB, message string) []byte
}

func newVictim(f *testing.F, keys [][]byte) *victim {
	f.Helper()
	v := &victim{pit: &pit{packets: make(chan *memberlist.Packet), streams: make(chan net.Conn), written: make(chan bool, 1)}}
	v.packet = func(_ testing.TB, message string) []byte { return inClear(message) }
	v.stream = v.packet
	if len(keys) > 0 {
		v.packet = func(t testing.TB, message string) []byte { return sealed(t, 1, message) }
		v.stream = func(t testing.TB, message string) []byte { return sealedStream(t, 1, 1, message) }
	}
	node, err := Start(Config{Name: "n", Keys: keys, Transport: v, MaxMembers: 200})
	if err != nil {
		f.Fatal(err)
	}
	v.node = node
	f.Cleanup(func() { node.Close() })
	return v
}

// suffer delivers a message on all ways, and waits for the engine.
func (v *victim) suffer(t *testing.T, message string) {
	v.packets <- &memberlist.Packet{Buf: v.packet(t, message), From: net.UDPAddrFromAddrPort(friend)}
	v.packets <- &memberlist.Packet{Buf: v.packet(t, ping), From: net.UDPAddrFromAddrPort(friend)}
	<-v.written

	near, far := net.Pipe()
	v.streams <- far
	if err := near.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	go func() {
		_, _ = near.Write(v.stream(t, message))
		time.AfterFunc(50*time.Millisecond, func() { near.Close() }) // else the node waits for the rest
	}()
	if _, err := io.Copy(io.Discard, near); err != nil && !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("the stream stays open: %v", err)
	}
	near.Close()

	v.answer = v.stream(t, message)[len(labelHead):]
	_ = v.node.Join([]string{"10.1.1.1:1"})
}

// FuzzHostileMember gives nodes whatever somebody who has the key could seal, as
// packets, streams and answers. A panic would be in a goroutine of the engine, and end
// the test. Memory must stay in proportion.
func FuzzHostileMember(f *testing.F) {
	for _, message := range unfit() {
		f.Add([]byte(message))
	}
	for _, message := range []string{
		"", ping, nack, indirect, alive("x"), suspected("x", 2), compound(ping, alive("x"), suspected("x", 2)),
		pushPull(state("x", 0), state("y", 1), state("z", 2), state("w", 3)), told("message"), user("record"),
		"\x05" + pack("Incarnation", 3, "Node", "x", "From", "x"), "\x02" + pack("SeqNo", 1, "Payload", "x"),
		alive("n"), suspected("n", 1<<31), strings.Repeat("\x07\x01\x00\x05", 50),
	} {
		f.Add([]byte(message))
	}
	f.Add([]byte(bomb(f)))
	victims := []*victim{newVictim(f, [][]byte{key(1)}), newVictim(f, nil)}
	f.Fuzz(func(t *testing.T, message []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for _, v := range victims {
			v.suffer(t, string(message))
		}
		runtime.ReadMemStats(&after)
		if grew, most := after.TotalAlloc-before.TotalAlloc, uint64(8<<20+200*len(message)); grew > most {
			t.Errorf("%d bytes were allocated for a message of %d", grew, len(message))
		}
	})
}
