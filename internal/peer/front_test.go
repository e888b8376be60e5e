package peer

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/memberlist"
)

// An arrival is a packet and what it must be counted as.
type arrival struct {
	name   string
	packet []byte
	from   netip.AddrPort
	want   Counts
	record string // that is handed on
}

// arrivals are one of each kind, for a front with keys 1 and 2 that had 3 before.
func arrivals(t testing.TB) []arrival {
	random := make([]byte, 700)
	rand.NewChaCha8([32]byte{1}).Read(random)
	record := user(strings.Repeat("record", 100))
	good := sealed(t, 1, record)
	forged := bytes.Clone(good)
	forged[len(forged)-1] ^= 1
	nonce := bytes.Clone(good)
	nonce[len(labelHead)+3] ^= 1
	version := bytes.Clone(good)
	version[len(labelHead)] = 2
	filled := func(message string) []byte {
		return seal(t, 0, key(1), []byte("dropwatch"), []byte(message))
	}
	refused := func(name string, packet []byte, want Counts) arrival {
		return arrival{name: name, packet: packet, from: friend, want: want}
	}
	taken := func(name string, packet []byte, record string) arrival {
		return arrival{name: name, packet: packet, from: friend, want: Counts{Records: 1}, record: record}
	}
	passed := Counts{Passed: 1}
	return []arrival{
		taken("record", good, record[1:]),
		taken("with the second key", sealed(t, 2, user("x")), "x"),
		taken("with a checksum", sealed(t, 1, withCRC(user("y"))), "y"),
		taken("empty record", sealed(t, 1, user("")), ""),
		taken("filled up", filled(user("record")+strings.Repeat("\x09", 9)), "record"),
		refused("ping", sealed(t, 1, ping), passed),
		refused("compound", sealed(t, 2, compound(ping, alive("x"), alive("y"))), passed),
		refused("nack", sealed(t, 1, withCRC(nack)), passed),
		{name: "network", packet: good, from: stranger, want: Counts{Network: 1}},
		refused("too-long", make([]byte, maxPacket+1), Counts{TooLong: 1}),
		refused("empty", nil, Counts{Label: 1}),
		refused("random", random, Counts{Label: 1}),
		refused("no-label", good[len(labelHead):], Counts{Label: 1}),
		refused("other-label", seal(t, 1, key(1), []byte("dropwatcH"), []byte(record)), Counts{Label: 1}),
		refused("cut-label", good[:5], Counts{Label: 1}),
		refused("label-only", good[:len(labelHead)], Counts{NotOpened: 1}),
		refused("label-and-noise", append(append(bytes.Clone(labelHead), 1), random...), Counts{NotOpened: 1}),
		refused("no-tag", good[:len(labelHead)+28], Counts{NotOpened: 1}),
		refused("truncated", good[:len(good)-1], Counts{NotOpened: 1}),
		refused("forged", forged, Counts{NotOpened: 1}),
		refused("nonce", nonce, Counts{NotOpened: 1}),
		refused("version", version, Counts{NotOpened: 1}),
		refused("wrong-key", sealed(t, 9, record), Counts{NotOpened: 1}),
		refused("in-clear", append(bytes.Clone(labelHead), record...), Counts{NotOpened: 1}),
		refused("old-key", sealed(t, 3, record), Counts{OldKey: 1}),
		refused("filled by too much", filled(user("record\x7f")), Counts{NotOpened: 1}),
		refused("filled by nothing", filled(""), Counts{NotOpened: 1}),
		refused("filled by zero", filled(user("record\x00")), Counts{NotOpened: 1}),
		refused("nothing sealed", sealed(t, 1, ""), Counts{Malformed: 1}),
		refused("wrong checksum", sealed(t, 1, withCRC(user("x"))+"x"), Counts{Malformed: 1}),
		refused("checksum of nothing", sealed(t, 1, withCRC("")), Counts{Malformed: 1}),
		refused("compressed", sealed(t, 1, "\x09"), Counts{Malformed: 1}),
		refused("cut ping", sealed(t, 1, ping[:len(ping)-1]), Counts{Malformed: 1}),
		refused("unknown type", sealed(t, 1, "\x0d"), Counts{Malformed: 1}),
		refused("push and pull in a packet", sealed(t, 1, "\x06"), Counts{Malformed: 1}),
	}
}

// rotated is a front as arrivals wants it.
func rotated(t testing.TB, c Config) *front {
	c.Keys, c.Allow = [][]byte{key(3)}, friends
	f := frontOf(t, c)
	next, err := newOpener([][]byte{key(1), key(2)})
	if err != nil {
		t.Fatal(err)
	}
	next.after(f.opener.Load())
	f.opener.Store(next)
	return f
}

func TestTake(t *testing.T) {
	var records []string
	f := rotated(t, Config{Receive: func(packet []byte, from netip.AddrPort) {
		if from != friend {
			t.Errorf("from %v", from)
		}
		records = append(records, string(packet))
	}})
	for _, a := range arrivals(t) {
		t.Run(a.name, func(t *testing.T) {
			records = nil
			before, packet := f.counted.now(), bytes.Clone(a.packet)
			if f.take(a.packet, a.from) {
				f.pass(&memberlist.Packet{Buf: a.packet})
			}
			if diff := cmp.Diff(a.want, f.counted.now().since(before)); diff != "" {
				t.Errorf("counts (-want +got):\n%s", diff)
			}
			if len(records) != int(a.want.Records) || len(records) == 1 && records[0] != a.record {
				t.Errorf("received %q", records)
			}
			if !bytes.Equal(packet, a.packet) {
				t.Error("the packet was changed")
			}
		})
	}
}

// TestTakeInClear holds what a cluster without keys takes.
func TestTakeInClear(t *testing.T) {
	got := ""
	f := frontOf(t, Config{Receive: func(packet []byte, _ netip.AddrPort) { got = string(packet) }})
	for _, a := range []arrival{
		{name: "record", packet: []byte(user("x")), want: Counts{Records: 1}},
		{name: "with a checksum", packet: []byte(withCRC(user("x"))), want: Counts{Records: 1}},
		{name: "ping", packet: []byte(ping), want: Counts{Passed: 1}},
		{name: "nothing", want: Counts{Malformed: 1}},
		{name: "sealed, version 1", packet: sealed(t, 1, user("x"))[len(labelHead):], want: Counts{Malformed: 1}}, // looks like an indirect ping
		{name: "unknown type", packet: []byte("\xff"), want: Counts{Malformed: 1}},
	} {
		t.Run(a.name, func(t *testing.T) {
			before := f.counted.now()
			if f.take(append(bytes.Clone(labelHead), a.packet...), friend) {
				f.pass(&memberlist.Packet{})
			}
			if diff := cmp.Diff(a.want, f.counted.now().since(before)); diff != "" {
				t.Errorf("counts (-want +got):\n%s", diff)
			}
		})
	}
	if got != "x" {
		t.Errorf("received %q", got)
	}
}

// TestRecordsAreTheReceivers holds that what was handed on is not written to again.
func TestRecordsAreTheReceivers(t *testing.T) {
	var records [][]byte
	f := frontOf(t, Config{Keys: [][]byte{key(1)}, Receive: func(packet []byte, _ netip.AddrPort) { records = append(records, packet) }})
	for i := range 3 {
		f.take(sealed(t, 1, user(fmt.Sprint("record ", i))), friend)
	}
	if diff := cmp.Diff([]string{"record 0", "record 1", "record 2"}, []string{string(records[0]), string(records[1]), string(records[2])}); diff != "" {
		t.Error(diff)
	}
}

// TestEngineThatIsBusy holds that nothing waits for it, and what it gets is as it
// came and in order.
func TestEngineThatIsBusy(t *testing.T) {
	f := frontOf(t, Config{})
	for i := range waiting + 5 {
		f.pass(&memberlist.Packet{Buf: []byte{byte(i)}})
	}
	if c := f.counted.now(); c.Passed != waiting || c.Busy != 5 {
		t.Errorf("%+v", c)
	}
	for i := range waiting {
		if p := <-f.PacketCh(); p.Buf[0] != byte(i) {
			t.Fatalf("packet %d is %d", i, p.Buf[0])
		}
	}
}

func TestRefusingDoesNotAllocate(t *testing.T) {
	f := rotated(t, Config{})
	for _, a := range arrivals(t) {
		if a.want.Records+a.want.Passed > 0 {
			continue
		}
		if n := testing.AllocsPerRun(200, func() { f.take(a.packet, a.from) }); n != 0 {
			t.Errorf("%s: %v allocations", a.name, n)
		}
	}
}

// FuzzTake changes sealed packets. Nothing may be opened that was not sealed.
func FuzzTake(f *testing.F) {
	all := arrivals(f)
	for _, a := range all {
		f.Add(a.packet)
	}
	good := make(map[string]bool)
	for _, a := range all {
		good[string(a.packet)] = good[string(a.packet)] || a.want.Records+a.want.Passed+a.want.Malformed+a.want.OldKey > 0
	}
	front := rotated(f, Config{})
	f.Fuzz(func(t *testing.T, packet []byte) {
		before := front.counted.now()
		passed := front.take(packet, friend)
		grown := front.counted.now().since(before)
		if n := grown.packets(); n != 1 && !passed || passed && n != 0 {
			t.Fatalf("counted %d times: %+v", n, grown)
		}
		if (passed || grown.Records+grown.Malformed+grown.OldKey > 0) && !good[string(packet)] {
			t.Fatalf("opened, and nobody has sealed it: %x", packet)
		}
	})
}

// FuzzTakeInClear holds for a cluster without keys that nothing panics, and that
// each packet is counted once.
func FuzzTakeInClear(f *testing.F) {
	for _, message := range []string{"", user("x"), withCRC(user("x")), "\x00", "\x0c\x00\x00\x00\x00", ping, compound(ping, alive("x"))} {
		f.Add([]byte(message))
	}
	front := frontOf(f, Config{})
	f.Fuzz(func(t *testing.T, message []byte) {
		before := front.counted.now()
		passed := front.take(append(bytes.Clone(labelHead), message...), friend)
		grown := front.counted.now().since(before)
		if n := grown.packets(); n != 1 && !passed || passed && n != 0 {
			t.Fatalf("counted %d times: %+v", n, grown)
		}
	})
}

// BenchmarkFront is what a packet costs after it was read, by kind. The last ones
// are with as many keys as there can be.
func BenchmarkFront(b *testing.B) {
	f := rotated(b, Config{})
	all := arrivals(b)
	for _, a := range all {
		if strings.Contains(a.name, " ") { // of no interest here
			continue
		}
		b.Run(a.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f.take(a.packet, a.from)
			}
		})
	}
	var many [][]byte
	for i := range maxRemoved {
		many = append(many, key(byte(100+i)))
	}
	removed, err := newOpener(many)
	if err != nil {
		b.Fatal(err)
	}
	next, err := newOpener([][]byte{key(1), key(2)})
	if err != nil {
		b.Fatal(err)
	}
	next.after(removed)
	f.opener.Store(next)
	b.Run("forged-16-removed-keys", func(b *testing.B) {
		b.ReportAllocs()
		packet := sealed(b, 99, user(strings.Repeat("record", 100)))
		for b.Loop() {
			f.take(packet, friend)
		}
	})
}
