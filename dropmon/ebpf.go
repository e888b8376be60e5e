package dropmon

import (
	"errors"
	"fmt"
	"os"
	"time"

	"dropwatch/internal/bpf"
)

// ebpfSource counts in the kernel at the tracepoint skb:kfree_skb.
type ebpfSource struct {
	drops   *bpf.Drops
	packets bool
	stopped bool

	event   bpf.Event
	drop    Drop
	groups  map[bpf.Key]*growth
	unkeyed bpf.Count // delivered
}

// errHardware is for sources that see what the kernel drops, and only that.
var errHardware = errors.New("it sees no hardware drops; use source netdm")

// growth is a group's count as delivered and as it is now.
type growth struct {
	before, now bpf.Count
}

// detailEntries is the room for groups that are told apart by details: about
// 10 MB of kernel memory.
const detailEntries = 65536

func openEBPF(config Config) (Source, error) {
	if config.Origins == HardwareDrops {
		return nil, fmt.Errorf("source ebpf: %w", errHardware)
	}
	c := bpf.Config{
		Detail:         uint32(config.Detail),
		SampleInterval: config.SampleInterval,
		Packets:        config.Packets,
		Snap:           config.Snap,
		Queue:          config.Queue,
		RateLimit:      config.RateLimit,
		NetNS:          fitting(config.Restrict.NetNS),
		Interfaces:     fitting(config.Restrict.Interfaces),
		Reasons:        fitting(config.Restrict.Reasons),
		PacketFilter:   config.PacketFilter.code(),
		Idle:           config.Idle,
	}
	if config.Detail != 0 {
		c.Entries = detailEntries
	}
	drops, err := bpf.Open(c)
	if err != nil {
		return nil, fmt.Errorf("source ebpf: %w", err)
	}
	return &ebpfSource{drops: drops, packets: config.Packets, groups: make(map[bpf.Key]*growth)}, nil
}

// fitting drops a list that is too long for the kernel: without it the source
// lets through more, which is allowed.
func fitting[T any](values []T) []T {
	if len(values) > bpf.FilterMax {
		return nil
	}
	return values
}

func (s *ebpfSource) Name() string { return "ebpf" }

func (s *ebpfSource) Tells() By       { return DefaultBy | ByProcess | ByFlow }
func (s *ebpfSource) Notes() []string { return nil }

func (s *ebpfSource) Wake()        { s.drops.Wake() }
func (s *ebpfSource) Close() error { return s.drops.Close() }

func (s *ebpfSource) Stop() error {
	s.stopped = true
	return s.drops.Detach()
}

func (s *ebpfSource) Receive(deadline time.Time, yield func(*Drop)) error {
	err := s.receiveEvents(deadline, yield)
	if err == nil && s.stopped {
		// an old Wake may have ended it before all was read
		err = s.receiveEvents(deadline, yield)
	}
	if err != nil {
		return err
	}
	if s.packets {
		return nil
	}
	return s.receiveGroups(yield)
}

// receiveEvents delivers packets and samples.
func (s *ebpfSource) receiveEvents(deadline time.Time, yield func(*Drop)) error {
	for {
		err := s.drops.Next(&s.event, deadline)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read dropped packets: %w", err)
		}
		s.fromEvent()
		yield(&s.drop)
	}
}

// receiveGroups delivers by how much each group has grown.
func (s *ebpfSource) receiveGroups(yield func(*Drop)) error {
	for _, g := range s.groups {
		g.now = bpf.Count{}
	}
	err := s.drops.Read(func(key bpf.Key, count bpf.Count) {
		g := s.groups[key]
		if g == nil {
			g = new(growth)
			s.groups[key] = g
		}
		g.now.Packets += count.Packets
		g.now.Buffers += count.Buffers
		g.now.Bytes += count.Bytes
		if g.now.First.IsZero() || count.First.Before(g.now.First) {
			g.now.First = count.First
		}
		if count.Last.After(g.now.Last) {
			g.now.Last = count.Last
		}
	})
	if err != nil {
		return err
	}
	for key, g := range s.groups {
		if g.now.Buffers <= g.before.Buffers {
			continue
		}
		s.fromGroup(key, g)
		g.before = g.now
		yield(&s.drop)
	}
	return s.receiveUnkeyed(yield)
}

// receiveUnkeyed delivers the packets that found no place in the tables, so
// that the total is right.
func (s *ebpfSource) receiveUnkeyed(yield func(*Drop)) error {
	misses, err := s.drops.Misses()
	if err != nil {
		return err
	}
	now, before := misses.Unkeyed, s.unkeyed
	if now.Buffers <= before.Buffers {
		return nil
	}
	s.unkeyed = now
	s.drop = Drop{
		Packets: now.Packets - before.Packets, Buffers: now.Buffers - before.Buffers,
		Bytes: now.Bytes - before.Bytes, Reason: Reason{Code: NoReason}, Unkeyed: true,
	}
	yield(&s.drop)
	return nil
}

func (s *ebpfSource) Stats() (Stats, error) {
	misses, err := s.drops.Misses()
	if err != nil {
		return Stats{}, err
	}
	stats := Stats{Unseen: misses.Recursion + misses.Undecided, Undecided: misses.Undecided, Unkeyed: misses.Unkeyed.Packets}
	if s.packets {
		stats.PacketsLost, stats.PacketsLimited = misses.EventsLost, misses.EventsLimited
		stats.Unkeyed = 0 // every packet is delivered or lost by itself
	}
	return stats, nil
}

func (s *ebpfSource) fromGroup(key bpf.Key, g *growth) {
	s.fromKey(key)
	d := &s.drop
	d.Packets = g.now.Packets - g.before.Packets
	d.Buffers = g.now.Buffers - g.before.Buffers
	d.Bytes = g.now.Bytes - g.before.Bytes
	d.First, d.Last = g.now.First, g.now.Last
	if g.before.Buffers > 0 {
		d.First = g.before.Last // of this growth it is known only that it came later
	}
}

func (s *ebpfSource) fromEvent() {
	e := &s.event
	s.fromKey(e.Key)
	d := &s.drop
	if !e.Sample {
		d.Packets, d.Buffers, d.Bytes = uint64(e.Packets), 1, uint64(e.Key.Length)
	}
	d.First, d.Last = e.Time, e.Time
	d.Packet, d.LinkLength = e.Data, e.NetworkOffset
	d.CPU = e.CPU
	if e.PID != 0 {
		d.Process = Process{PID: e.PID, Name: e.Command}
	}
	d.Flow = ParseFlow(e.Data[e.NetworkOffset:], d.Protocol)
}

func (s *ebpfSource) fromKey(k bpf.Key) {
	s.drop = Drop{
		Location: k.Location, Reason: Reason{Code: k.Reason},
		NetNS: NetNS{Inode: k.NetNS}, Interface: Interface{Index: k.Interface},
		Protocol: k.Protocol, Transport: k.Transport, Flags: Flags(k.Flags),
		Socket: k.Socket, Length: k.Length,
		Flow: Flow{Source: k.Source, Destination: k.Destination},
	}
}
