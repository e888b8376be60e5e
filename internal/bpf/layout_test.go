package bpf

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var equalAddresses = cmpopts.EquateComparable(netip.AddrPort{})

// TestOffsets compares the numbers that the decoders use with the layout of the
// structures that the programs were built with.
func TestOffsets(t *testing.T) {
	var (
		event  bpfDropEvent
		slot   = bpfDropSlots{}.Slot[0]
		count  bpfDropCount
		misses bpfDropMisses
	)
	for name, test := range map[string]struct{ got, want uintptr }{
		"key.location":         {unsafe.Offsetof(event.Key.Location), 0},
		"key.reason":           {unsafe.Offsetof(event.Key.Reason), 8},
		"key.netns":            {unsafe.Offsetof(event.Key.Netns), 12},
		"key.ifindex":          {unsafe.Offsetof(event.Key.Ifindex), 16},
		"key.protocol":         {unsafe.Offsetof(event.Key.Protocol), 20},
		"key.transport":        {unsafe.Offsetof(event.Key.Transport), 22},
		"key.flags":            {unsafe.Offsetof(event.Key.Flags), 23},
		"event.key":            {unsafe.Offsetof(event.Key), 0},
		"event.time":           {unsafe.Offsetof(event.Time), 24},
		"event.socket":         {unsafe.Offsetof(event.Socket), 32},
		"event.length":         {unsafe.Offsetof(event.Length), 40},
		"event.segments":       {unsafe.Offsetof(event.Segments), 44},
		"event.cpu":            {unsafe.Offsetof(event.Cpu), 48},
		"event.pid":            {unsafe.Offsetof(event.Pid), 52},
		"event.comm":           {unsafe.Offsetof(event.Comm), 56},
		"event.captured":       {unsafe.Offsetof(event.Captured), 72},
		"event.network_offset": {unsafe.Offsetof(event.NetworkOffset), 74},
		"event.sample":         {unsafe.Offsetof(event.Sample), 76},
		"event.data":           {unsafe.Offsetof(event.Data), uintptr(eventHeader)},
		"slot.key":             {unsafe.Offsetof(slot.Key), 0},
		"slot.count":           {unsafe.Offsetof(slot.Count), 24},
		"count.buffers":        {unsafe.Offsetof(count.Buffers), 0},
		"count.segments":       {unsafe.Offsetof(count.Segments), 8},
		"count.bytes":          {unsafe.Offsetof(count.Bytes), 16},
		"count.first":          {unsafe.Offsetof(count.First), 24},
		"count.last":           {unsafe.Offsetof(count.Last), 28},
		"misses.full_buffers":  {unsafe.Offsetof(misses.FullBuffers), 0},
		"misses.full_segments": {unsafe.Offsetof(misses.FullSegments), 8},
		"misses.full_bytes":    {unsafe.Offsetof(misses.FullBytes), 16},
		"misses.lost":          {unsafe.Offsetof(misses.EventsLost), 24},
		"misses.limited":       {unsafe.Offsetof(misses.EventsLimited), 32},
		"misses.details":       {unsafe.Offsetof(misses.Details), 40},
		"misses.undecided":     {unsafe.Offsetof(misses.Undecided), 48},
		"size of a slot":       {unsafe.Sizeof(slot), 64},
	} {
		if test.got != test.want {
			t.Errorf("%s is at %d, decoded at %d", name, test.got, test.want)
		}
	}
}

// bytesOf views a structure as the kernel writes it.
func bytesOf[T any](v *T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(v)), unsafe.Sizeof(*v))
}

var (
	noon = reading{wall: time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC), mono: 5_000_000_000, jiffies: 1000, tick: 4 * time.Millisecond}

	wantKey = Key{
		Location: 0xffffffff81f0a4bc, Reason: 0x10002, NetNS: 4026532200, Interface: 7,
		Protocol: 0x86dd, Transport: 17, Flags: 3,
	}
)

func eventOf() bpfDropEvent {
	var e bpfDropEvent
	e.Key.Location, e.Key.Reason, e.Key.Netns, e.Key.Ifindex = wantKey.Location, wantKey.Reason, wantKey.NetNS, wantKey.Interface
	e.Key.Protocol, e.Key.Transport, e.Key.Flags = wantKey.Protocol, wantKey.Transport, wantKey.Flags
	e.Time, e.Socket, e.Length, e.Segments, e.Cpu, e.Pid = 4_000_000_000, 99, 1500, 2, 5, 812
	for i, c := range "dnsd" {
		e.Comm[i] = int8(c)
	}
	e.Comm[6] = 'x' // what stood there before
	e.Captured, e.NetworkOffset, e.Sample = 4, 2, 1
	return e
}

func TestDecodeEvent(t *testing.T) {
	raw := eventOf()
	message := append(append([]byte{}, bytesOf(&raw)[:eventHeader]...), 1, 2, 3, 4, 5, 6) // the reservation is larger
	var got Event
	if err := got.decode(message, noon, make(names)); err != nil {
		t.Fatal(err)
	}
	key := wantKey
	key.Socket, key.Length = 99, 1500
	want := Event{
		Key: key, Time: noon.wall.Add(-time.Second), Sample: true, Packets: 3, CPU: 5, PID: 812, Command: "dnsd",
		Data: []byte{1, 2, 3, 4}, NetworkOffset: 2,
	}
	if diff := cmp.Diff(want, got, equalAddresses); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestDecodeEventErrors(t *testing.T) {
	raw := eventOf()
	message := append(append([]byte{}, bytesOf(&raw)[:eventHeader]...), 1, 2, 3, 4)
	for n := range len(message) {
		var e Event
		if err := e.decode(message[:n], noon, make(names)); err == nil {
			t.Errorf("%d bytes of %d are enough", n, len(message))
		}
	}
}

func FuzzEventDecode(f *testing.F) {
	raw := eventOf()
	f.Add(append(append([]byte{}, bytesOf(&raw)[:eventHeader]...), 1, 2, 3, 4))
	f.Add(make([]byte, eventHeader))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, message []byte) {
		var e Event
		if err := e.decode(message, noon, make(names)); err != nil {
			return
		}
		if len(e.Data) > len(message)-int(eventHeader) {
			t.Fatalf("%d bytes of data in %d bytes", len(e.Data), len(message))
		}
		if e.NetworkOffset < 0 || e.NetworkOffset > len(e.Data) {
			t.Fatalf("network header at %d of %d", e.NetworkOffset, len(e.Data))
		}
		if len(e.Command) > 16 {
			t.Fatalf("name %q", e.Command)
		}
		if got := binary.NativeEndian.Uint64(message); got != e.Key.Location {
			t.Fatalf("location %#x, want %#x", e.Key.Location, got)
		}
	})
}

func TestDecodeSlot(t *testing.T) {
	slot := bpfDropSlots{}.Slot[0]
	slot.Key = eventOf().Key
	slot.Count = bpfDropCount{Buffers: 10, Segments: 4, Bytes: 900, First: 750, Last: 1000}
	raw := bytesOf(&slot)
	if got := plainKey(raw); got != wantKey {
		t.Errorf("key %+v, want %+v", got, wantKey)
	}
	want := Count{Packets: 14, Buffers: 10, Bytes: 900, First: noon.wall.Add(-time.Second), Last: noon.wall}
	if got := noon.count(raw[24:]); got != want {
		t.Errorf("count %+v, want %+v", got, want)
	}
	if got := noon.countOf(&slot.Count); got != want {
		t.Errorf("count of the detail table %+v, want %+v", got, want)
	}
}

func TestDetailKey(t *testing.T) {
	var k bpfDetailKey
	k.Plain.Location, k.Plain.Reason, k.Plain.Netns, k.Plain.Ifindex = wantKey.Location, wantKey.Reason, wantKey.NetNS, wantKey.Interface
	k.Plain.Protocol, k.Plain.Transport, k.Plain.Flags = wantKey.Protocol, wantKey.Transport, wantKey.Flags
	if got := detailKey(&k); got != wantKey {
		t.Errorf("without details: %+v, want %+v", got, wantKey)
	}
	k.Socket, k.Length, k.SourcePort, k.DestinationPort = 3, 60, 4000, 53
	for _, test := range []struct{ from, to, source, destination string }{
		{"2001:db8::1", "2001:db8::2", "[2001:db8::1]:4000", "[2001:db8::2]:53"},
		{"::ffff:10.0.0.1", "::ffff:10.0.0.2", "10.0.0.1:4000", "10.0.0.2:53"},
		{"::", "ff02::1", "[::]:4000", "[ff02::1]:53"},
	} {
		k.Source, k.Destination = netip.MustParseAddr(test.from).As16(), netip.MustParseAddr(test.to).As16()
		want := wantKey
		want.Socket, want.Length = 3, 60
		want.Source, want.Destination = netip.MustParseAddrPort(test.source), netip.MustParseAddrPort(test.destination)
		if got := detailKey(&k); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}
