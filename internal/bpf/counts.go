package bpf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"time"
	"unsafe"

	"github.com/cilium/ebpf"
)

// NoReason stands for the reason on kernels that give none.
const NoReason = 0xffffffff

// A Key is what drops of one group have in common.
type Key struct {
	Location  uint64 // return address
	Reason    uint32 // enum skb_drop_reason, or NoReason
	NetNS     uint32 // inode, 0 if unknown
	Interface uint32 // index, 0 if unknown
	Protocol  uint16 // EtherType, host order
	Transport uint8  // IP protocol
	Flags     uint8

	// Only with the matching Config.Detail.
	Socket              uint64
	Source, Destination netip.AddrPort
	Length              uint32
}

// A Count is what a group has added up to since the program was attached.
type Count struct {
	Packets uint64 // on the wire: segments of merged buffers counted
	Buffers uint64
	Bytes   uint64 // from the network header on
	First   time.Time
	Last    time.Time
}

// Misses is what was not counted, or not sent, as it should have been.
type Misses struct {
	Recursion     uint64 // events skipped because the program was already running on that CPU
	Unkeyed       Count  // counted, but the table of groups was full
	EventsLost    uint64 // the event buffer was full
	EventsLimited uint64 // held back by the rate limit
	Undecided     uint64 // buffers that the packet filter could not be asked about
}

// counts reads the tables of the program.
type counts struct {
	slots, misses *ebpf.Memory
	details       *ebpf.Map
	cpus          int

	buffer []byte
}

const (
	slotBytes   = int(unsafe.Sizeof(bpfDropSlots{}.Slot[0]))
	tableBytes  = int(unsafe.Sizeof(bpfDropSlots{}))
	missesBytes = int(unsafe.Sizeof(bpfDropMisses{}))
)

func newCounts(c *ebpf.Collection) (counts, error) {
	slots, err := c.Maps["slots"].Memory()
	if err != nil {
		return counts{}, fmt.Errorf("map table of groups: %w", err)
	}
	misses, err := c.Maps["misses"].Memory()
	if err != nil {
		return counts{}, fmt.Errorf("map table of misses: %w", err)
	}
	return counts{
		slots: slots, misses: misses,
		details: c.Maps["details"],
		cpus:    int(c.Maps["slots"].MaxEntries()),
		buffer:  make([]byte, tableBytes),
	}, nil
}

// Read calls yield for every group with its count so far; one key may come
// several times (once for each CPU), and the counts then belong together.
func (d *Drops) Read(yield func(Key, Count)) error {
	now := d.clock.now()
	c := &d.counts
	for cpu := range c.cpus {
		if _, err := c.slots.ReadAt(c.buffer, int64(cpu*tableBytes)); err != nil {
			return fmt.Errorf("read table of groups: %w", err)
		}
		for raw := c.buffer; len(raw) >= slotBytes; raw = raw[slotBytes:] {
			if count := now.count(raw[24:]); count.Buffers > 0 {
				yield(plainKey(raw), count)
			}
		}
	}
	m, err := c.readMisses()
	if err != nil || m.Details == 0 {
		return err
	}
	return c.readDetails(now, yield)
}

// readDetails walks the hash table. Batches cost a tenth of single look-ups;
// kernels before 5.6 have no batches.
func (c *counts) readDetails(now reading, yield func(Key, Count)) error {
	const batch = 1024
	keys, values := make([]bpfDetailKey, batch), make([]bpfDropCount, batch)
	var cursor ebpf.MapBatchCursor
	for {
		n, err := c.details.BatchLookup(&cursor, keys, values, nil)
		for i := range n {
			yield(detailKey(&keys[i]), now.countOf(&values[i]))
		}
		if errors.Is(err, ebpf.ErrKeyNotExist) {
			return nil
		}
		if errors.Is(err, ebpf.ErrNotSupported) {
			return c.iterateDetails(now, yield)
		}
		if err != nil {
			return fmt.Errorf("read table of detailed groups: %w", err)
		}
	}
}

func (c *counts) iterateDetails(now reading, yield func(Key, Count)) error {
	var key bpfDetailKey
	var value bpfDropCount
	entries := c.details.Iterate()
	for entries.Next(&key, &value) {
		yield(detailKey(&key), now.countOf(&value))
	}
	if err := entries.Err(); err != nil {
		return fmt.Errorf("read table of detailed groups: %w", err)
	}
	return nil
}

// Misses returns what the program could not count or send.
func (d *Drops) Misses() (Misses, error) {
	m, err := d.counts.readMisses()
	if err != nil {
		return Misses{}, err
	}
	misses := Misses{
		Recursion:     d.recursion,
		Unkeyed:       Count{Packets: m.FullBuffers + m.FullSegments, Buffers: m.FullBuffers, Bytes: m.FullBytes},
		EventsLost:    m.EventsLost,
		EventsLimited: m.EventsLimited,
		Undecided:     m.Undecided,
	}
	if d.attached() {
		// the field is missing before 5.12
		if stats, err := d.program.Stats(); err == nil {
			misses.Recursion = stats.RecursionMisses
		}
	}
	return misses, nil
}

func (c *counts) readMisses() (sum bpfDropMisses, err error) {
	raw := make([]byte, missesBytes*c.cpus)
	if _, err := c.misses.ReadAt(raw, 0); err != nil {
		return sum, fmt.Errorf("read table of misses: %w", err)
	}
	for ; len(raw) >= missesBytes; raw = raw[missesBytes:] {
		for i, field := range []*uint64{&sum.FullBuffers, &sum.FullSegments, &sum.FullBytes, &sum.EventsLost, &sum.EventsLimited, &sum.Details, &sum.Undecided} {
			*field += binary.NativeEndian.Uint64(raw[8*i:])
		}
	}
	return sum, nil
}

func plainKey(raw []byte) Key {
	e := binary.NativeEndian
	return Key{
		Location: e.Uint64(raw), Reason: e.Uint32(raw[8:]), NetNS: e.Uint32(raw[12:]),
		Interface: e.Uint32(raw[16:]), Protocol: e.Uint16(raw[20:]), Transport: raw[22], Flags: raw[23],
	}
}

func detailKey(k *bpfDetailKey) Key {
	p := &k.Plain
	key := Key{
		Location: p.Location, Reason: p.Reason, NetNS: p.Netns, Interface: p.Ifindex,
		Protocol: p.Protocol, Transport: p.Transport, Flags: p.Flags,
		Socket: k.Socket, Length: k.Length,
	}
	if k.Source != ([16]byte{}) || k.Destination != ([16]byte{}) {
		key.Source = netip.AddrPortFrom(netip.AddrFrom16(k.Source).Unmap(), k.SourcePort)
		key.Destination = netip.AddrPortFrom(netip.AddrFrom16(k.Destination).Unmap(), k.DestinationPort)
	}
	return key
}

func (r reading) count(raw []byte) Count {
	e := binary.NativeEndian
	return r.countOf(&bpfDropCount{
		Buffers: e.Uint64(raw), Segments: e.Uint64(raw[8:]), Bytes: e.Uint64(raw[16:]),
		First: e.Uint32(raw[24:]), Last: e.Uint32(raw[28:]),
	})
}

func (r reading) countOf(c *bpfDropCount) Count {
	return Count{Packets: c.Buffers + c.Segments, Buffers: c.Buffers, Bytes: c.Bytes, First: r.at(c.First), Last: r.at(c.Last)}
}

func words(b [16]byte) [2]uint64 {
	return [2]uint64{binary.NativeEndian.Uint64(b[:]), binary.NativeEndian.Uint64(b[8:])}
}
