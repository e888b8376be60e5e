package netdm

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// inside tells whether part is memory of whole.
func inside(part, whole []byte) bool {
	if len(part) == 0 {
		return true
	}
	p, w := uintptr(unsafe.Pointer(&part[0])), uintptr(unsafe.Pointer(&whole[0]))
	return p >= w && p+uintptr(len(part)) <= w+uintptr(len(whole))
}

// Whatever arrives: decoding ends, refers to nothing but the datagram, and
// makes no more of it than is there.
func FuzzDecodeAlert(f *testing.F) {
	for _, p := range packets {
		f.Add(encodePacket(&p))
	}
	captured, err := filepath.Glob("testdata/*/alert*.bin")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range captured {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		family := uint16(fakeFamily)
		if len(data) > 5 { // so that captures of any family are decoded
			family = binary.NativeEndian.Uint16(data[4:])
		}
		var a Alert
		for rest := data; len(rest) > 0; {
			next, ok, err := a.decode(family, rest)
			if len(next) >= len(rest) {
				t.Fatal("no progress")
			}
			rest = next
			if ok && err != nil {
				t.Fatal("decoded and an error")
			}
			if !ok {
				continue
			}
			p := &a.Packet
			for _, slice := range [][]byte{a.Message, p.Symbol, p.Reason, p.Trap, p.TrapGroup, p.Cookie, p.InterfaceName, p.Payload} {
				if !inside(slice, data) {
					t.Fatal("a slice is not of the datagram")
				}
			}
			if len(a.Hits)*hitBytes > len(data) || len(a.Traps)*attributeHeader > len(data) {
				t.Fatalf("%d hits and %d traps from %d bytes", len(a.Hits), len(a.Traps), len(data))
			}
			// Zero time has no nanoseconds; long texts have no room for a NUL.
			if a.Mode == Packets && !p.Time.IsZero() && len(data) < 60000 {
				roundTrip(t, p)
			}
		}
	})
}

func FuzzPacketRoundTrip(f *testing.F) {
	for _, p := range packets {
		f.Add(uint16(p.Origin), p.Location, p.Symbol, p.Reason, p.Trap, p.Interface, p.InterfaceName, p.Time.UnixNano(), p.Length, p.Protocol, p.Payload)
	}
	f.Fuzz(func(t *testing.T, origin uint16, location uint64, symbol, reason, trap []byte, index uint32, name []byte, at int64, length uint32, protocol uint16, payload []byte) {
		if len(symbol)+len(reason)+len(trap)+len(name)+len(payload) > 60000 {
			t.Skip("more than attributes hold")
		}
		cut := func(text []byte) []byte { before, _, _ := bytes.Cut(text, []byte{0}); return before }
		roundTrip(t, &Packet{
			Origin: Origin(origin), Location: location, Symbol: cut(symbol), Reason: cut(reason), Trap: cut(trap),
			Interface: index, InterfaceName: cut(name), Time: time.Unix(0, at), Length: length,
			Protocol: protocol, Payload: append([]byte{}, payload...),
		})
	})
}

// roundTrip wants what is encoded to be decoded as it was.
func roundTrip(t *testing.T, p *Packet) {
	t.Helper()
	var a Alert
	want := *p
	if want.Payload == nil {
		want.Protocol = 0
	}
	if _, ok, err := a.decode(fakeFamily, encodePacket(p)); !ok || err != nil {
		t.Fatalf("encoded again: %v, %v", ok, err)
	}
	if diff := cmp.Diff(want, a.Packet, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("(-want +got)\n%s", diff)
	}
}

// Replies come from the kernel alone, but from any.
func FuzzDecodeReply(f *testing.F) {
	f.Add(settingsBody(Settings{Mode: Packets, Truncate: 96, Queue: 1000}))
	f.Add(statsBody(Stats{1, 2}))
	f.Fuzz(func(t *testing.T, body []byte) {
		if s, err := decodeSettings(body); err != nil && s != (Settings{}) {
			t.Fatal("settings and an error")
		} else if err == nil {
			again, err := decodeSettings(settingsBody(s))
			if err != nil || again != s {
				t.Fatalf("settings %v, again %v, %v", s, again, err)
			}
		}
		if s, err := decodeStats(body); err != nil && s != (Stats{}) {
			t.Fatal("statistics and an error")
		} else if err == nil {
			again, err := decodeStats(statsBody(s))
			if err != nil || again != s {
				t.Fatalf("statistics %v, again %v, %v", s, again, err)
			}
		}
		if fam, err := decodeFamily(body); err == nil && (fam.id == 0 || fam.group == 0) {
			t.Fatal("half a family")
		}
	})
}
