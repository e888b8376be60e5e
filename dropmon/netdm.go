package dropmon

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"dropwatch/internal/netdm"
)

// netdmSource listens to the kernel's drop monitor. The monitor has one state
// for the whole host, so it may be on for somebody else, in a mode that is not
// ours: alerts of every kind are understood.
type netdmSource struct {
	client   *netdm.Client
	config   Config
	standing netdm.Standing // with the monitor
	passive  bool           // the monitor is on for somebody else
	coarse   bool           // alerts are summaries

	rate      rate
	limited   uint64
	undecided uint64
	atLeast   bool
	frame     []byte // that the packet filter sees

	drop    Drop
	groups  map[netdmKey]*netdmTally
	unkeyed uint64
	rest    netdmTally // of drops that found no room in groups
	names   map[string]string
}

// netdmKey is what packets of one group have in common.
type netdmKey struct {
	origin    Origin
	location  uint64
	reason    string
	trap      Trap
	device    Interface
	protocol  uint16
	transport uint8
	flags     Flags
	flow      Flow
}

type netdmTally struct {
	packets, bytes uint64
	first, last    time.Time
	sampled        time.Time
}

const (
	netdmQueue = 20000 // packets that wait on each CPU, unless told otherwise
	netdmSnap  = 128
	// netdmNames bounds the interned reasons and traps.
	netdmNames = 1024
)

func openNetDM(config Config) (Source, error) {
	client, err := netdm.Dial(netdm.Config{Idle: config.Idle})
	if err != nil {
		return nil, fmt.Errorf("source netdm: %w", err)
	}
	s := &netdmSource{
		client: client, config: config, rate: rate{limit: config.RateLimit},
		groups: make(map[netdmKey]*netdmTally), names: make(map[string]string),
	}
	if err := s.start(); err != nil {
		return nil, errors.Join(fmt.Errorf("source netdm: %w", err), client.Close())
	}
	return s, nil
}

// start subscribes first, so that no alert is missed, and then switches on.
func (s *netdmSource) start() error {
	features := s.client.Features()
	s.coarse = s.config.Coarse && !s.config.Packets || !features.Configure
	if s.config.Packets && s.coarse {
		return fmt.Errorf("single packets: %w: this kernel's drop monitor only counts (packets since Linux 5.4)", errors.ErrUnsupported)
	}
	software, hardware := s.wants(SoftwareDrops), s.wants(HardwareDrops) && features.Hardware
	if !software && !hardware {
		return fmt.Errorf("hardware drops: %w: this kernel's drop monitor has none (they came with Linux 5.4)", errors.ErrUnsupported)
	}
	if s.config.PacketFilter != nil && s.coarse {
		return errors.New("counting by location sees no packet bytes, so there is nothing to filter; leave out --coarse, or use --source ebpf")
	}
	if err := s.client.Subscribe(); err != nil {
		return err
	}
	err := s.client.Begin(netdm.Wish{
		Settings: s.settings(), Software: software, Hardware: hardware, Takeover: s.config.Takeover,
	})
	if err != nil {
		return err
	}
	err = s.attune()
	if err == nil && s.coarse && s.config.PacketFilter != nil {
		return errors.New("somebody else has switched the drop monitor to counting by location, which sees no packet bytes; use --source ebpf")
	}
	return err
}

// attune follows a change of who the monitor is on for: the mode is theirs.
func (s *netdmSource) attune() error {
	s.standing = s.client.Standing()
	s.passive = s.standing.Passive
	if !s.client.Features().Configure {
		return nil
	}
	settings, err := s.client.Configuration()
	if err != nil {
		return err
	}
	s.coarse = settings.Mode == netdm.Summary
	return nil
}

// wants tells whether drops of this origin are asked for. The monitor may be on
// for both because of somebody else.
func (s *netdmSource) wants(o Origins) bool { return s.config.Origins == 0 || s.config.Origins&o != 0 }

func (s *netdmSource) settings() netdm.Settings {
	settings := netdm.Settings{Mode: netdm.Packets, Truncate: max(s.snap(), s.config.PacketFilter.reach()), Queue: netdmQueue}
	if s.config.Coarse && !s.config.Packets {
		settings.Mode = netdm.Summary
	}
	if s.config.Queue > 0 {
		settings.Queue = s.config.Queue
	}
	return settings
}

func (s *netdmSource) Name() string { return "netdm" }
func (s *netdmSource) Wake()        { s.client.Wake() }
func (s *netdmSource) Close() error { return s.client.Close() }

func (s *netdmSource) Tells() By {
	tells := ByLocation
	if s.coarse {
		return tells
	}
	if s.client.Features().Reason {
		tells |= ByReason
	}
	return tells | ByProtocol | ByFlow
}

func (s *netdmSource) Notes() []string {
	notes := standingNotes(s.standing)
	if s.coarse && s.config.Packets {
		notes = append(notes, "the drop monitor only counts in the mode that it is in, so there are no single packets")
	}
	if s.coarse {
		notes = append(notes, "the drop monitor counts by location only, at most 64 of them a second and CPU")
	} else if s.wants(SoftwareDrops) {
		notes = append(notes, "the drop monitor does not show packets without a link-layer header, such as those to an unresolved neighbour")
	}
	if s.config.PacketFilter != nil {
		notes = append(notes, "the drop monitor does not tell VLAN tags that the kernel keeps apart from a packet, so the packet filter does not see them")
	}
	return notes
}

// Stop waits for the summary that the kernel still holds, which it would throw
// away, and for the queues of single packets to empty. The alerts wait in the
// socket until Receive reads them.
func (s *netdmSource) Stop() error {
	wait := 100 * time.Millisecond
	if s.coarse {
		wait = netdm.SummaryDelay + 250*time.Millisecond
	}
	time.Sleep(wait)
	return errors.Join(s.client.Release(), s.client.Unsubscribe())
}

func (s *netdmSource) Stats() (Stats, error) {
	socket, kernel, err := s.client.Losses()
	stats := Stats{PacketsLimited: s.limited, Unkeyed: s.unkeyed, Undecided: s.undecided, AtLeast: s.atLeast || s.standing.Interrupted}
	stats.Unseen = s.undecided
	if s.coarse {
		// an alert stands for many drops
		stats.AtLeast = stats.AtLeast || socket > 0
		return stats, err
	}
	stats.Unseen += socket + kernel
	return stats, err
}

func (s *netdmSource) Receive(deadline time.Time, yield func(*Drop)) error {
	err := s.client.Receive(deadline, func(a *netdm.Alert) {
		if a.Mode == netdm.Packets {
			s.packet(&a.Packet, yield)
			return
		}
		s.count(a)
	})
	s.deliver(yield)
	now := s.client.Standing()
	if now.Passive != s.standing.Passive || now.Interrupted != s.standing.Interrupted || (now.Off == nil) != (s.standing.Off == nil) {
		_ = s.attune() // alerts of all kinds are understood anyway
	}
	return err
}

// packet delivers a single packet, or counts it and shows a few.
func (s *netdmSource) packet(p *netdm.Packet, yield func(*Drop)) {
	if !s.wants(1<<p.Origin) || !s.admits(p) {
		return
	}
	s.fromPacket(p)
	if s.config.Packets {
		if !s.rate.allows(p.Time) {
			s.limited++
			return
		}
		yield(&s.drop)
		return
	}
	if t := s.add(s.key(), 1, s.drop.Bytes, p.Time); t != nil && s.config.SampleInterval > 0 && p.Time.Sub(t.sampled) >= s.config.SampleInterval {
		t.sampled = p.Time
		s.drop.Packets, s.drop.Buffers, s.drop.Bytes = 0, 0, 0
		yield(&s.drop)
	}
}

// count adds up a summary. Somebody else may have switched to those while we
// filter packets.
func (s *netdmSource) count(a *netdm.Alert) {
	now := time.Now()
	if s.config.PacketFilter != nil {
		for _, hit := range a.Hits {
			s.undecided += uint64(hit.Count)
		}
		for _, hit := range a.Traps {
			s.undecided += uint64(hit.Count)
		}
		return
	}
	if s.wants(SoftwareDrops) {
		s.countHits(a, now)
	}
	if !s.wants(HardwareDrops) {
		return
	}
	s.atLeast = s.atLeast || len(a.Traps) >= netdm.SummaryLimit
	for _, hit := range a.Traps {
		s.add(netdmKey{origin: Hardware, trap: Trap{Name: s.intern(hit.Trap)}}, uint64(hit.Count), 0, now)
	}
}

func (s *netdmSource) countHits(a *netdm.Alert, now time.Time) {
	s.atLeast = s.atLeast || len(a.Hits) >= netdm.SummaryLimit
	for _, hit := range a.Hits {
		if hit.Location != 0 {
			s.add(netdmKey{location: hit.Location}, uint64(hit.Count), 0, now)
			continue
		}
		// what a device says it dropped, in its own statistics
		s.add(netdmKey{origin: Hardware, trap: Trap{Group: "device", Name: "rx_dropped"}}, uint64(hit.Count), 0, now)
	}
}

func (s *netdmSource) fromPacket(p *netdm.Packet) {
	d := &s.drop
	*d = Drop{
		Packets: 1, Buffers: 1, First: p.Time, Last: p.Time, Location: p.Location,
		Reason:    Reason{Code: NoReason, Name: s.intern(p.Reason)},
		Trap:      Trap{Group: s.intern(p.TrapGroup), Name: s.intern(p.Trap), Cookie: s.intern(p.Cookie)},
		Interface: Interface{Index: p.Interface, Name: s.intern(p.InterfaceName)},
		Protocol:  p.Protocol, Length: p.Length, Packet: p.Payload,
	}
	if p.Origin == netdm.Hardware {
		d.Origin = Hardware
	}
	frame := ParseFrame(p.Payload)
	d.LinkLength = frame.LinkLength
	d.Length -= min(d.Length, uint32(frame.LinkLength))
	d.Bytes = uint64(d.Length)
	network := p.Payload[frame.LinkLength:]
	d.Flow = ParseFlow(network, p.Protocol)
	d.Transport, d.Flags = ParseTransport(network, p.Protocol)
	d.Flags |= frame.Flags
	if s.config.PacketFilter != nil {
		// more was asked for than anybody wants but the filter
		d.Packet = p.Payload[:min(len(p.Payload), max(int(s.snap()), frame.LinkLength))]
	}
}

func (s *netdmSource) snap() uint32 {
	if s.config.Snap > 0 {
		return s.config.Snap
	}
	return netdmSnap
}

func (s *netdmSource) key() netdmKey {
	d := &s.drop
	k := netdmKey{
		origin: d.Origin, location: d.Location, reason: d.Reason.Name, trap: d.Trap, device: d.Interface,
		protocol: d.Protocol, transport: d.Transport, flags: d.Flags,
	}
	if s.config.Detail&DetailFlow != 0 {
		k.flow = d.Flow
	}
	return k
}

func (s *netdmSource) add(key netdmKey, packets, bytes uint64, when time.Time) *netdmTally {
	t := s.groups[key]
	if t == nil {
		if len(s.groups) >= maxGroups {
			s.unkeyed += packets
			t = &s.rest
			t.grow(packets, bytes, when)
			return nil
		}
		t = new(netdmTally)
		s.groups[key] = t
	}
	t.grow(packets, bytes, when)
	return t
}

func (t *netdmTally) grow(packets, bytes uint64, when time.Time) {
	t.packets += packets
	t.bytes += bytes
	if t.first.IsZero() || when.Before(t.first) {
		t.first = when
	}
	if when.After(t.last) {
		t.last = when
	}
}

func (s *netdmSource) deliver(yield func(*Drop)) {
	for key, t := range s.groups {
		if t.packets == 0 {
			delete(s.groups, key) // nothing since the last time
			continue
		}
		s.drop = t.take()
		s.drop.Origin, s.drop.Location, s.drop.Trap = key.origin, key.location, key.trap
		s.drop.Reason.Name = key.reason
		s.drop.Interface = key.device
		s.drop.Protocol, s.drop.Transport, s.drop.Flags, s.drop.Flow = key.protocol, key.transport, key.flags, key.flow
		yield(&s.drop)
	}
	if s.rest.packets > 0 {
		s.drop = s.rest.take()
		s.drop.Unkeyed = true
		yield(&s.drop)
	}
}

// take empties the tally but for the time of its last sample.
func (t *netdmTally) take() Drop {
	d := Drop{
		Packets: t.packets, Buffers: t.packets, Bytes: t.bytes, First: t.first, Last: t.last,
		Reason: Reason{Code: NoReason},
	}
	*t = netdmTally{sampled: t.sampled}
	return d
}

// intern keeps one copy of each name: an alert's bytes do not stay, and there
// are few names.
func (s *netdmSource) intern(name []byte) string {
	if known, ok := s.names[string(name)]; ok {
		return known
	}
	text := string(slices.Clone(name))
	if len(s.names) < netdmNames {
		s.names[text] = text
	}
	return text
}
