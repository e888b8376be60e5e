package dropmon

import (
	"errors"
	"fmt"
	"time"

	"dropwatch/internal/tracefs"
)

// tracefsSource reads every drop from the trace file system and adds up here.
// The tracepoint tells neither packets nor lengths nor owners.
type tracefsSource struct {
	drops   *tracefs.Drops
	packets bool
	rate    rate
	limited uint64

	drop    Drop
	groups  map[tracefsKey]*tally
	rest    tally  // of drops that found no room in groups
	unkeyed uint64 // of all rests
}

type tracefsKey struct {
	location uint64
	reason   uint32
	protocol uint16
}

// A tally is how many drops there were since the last Receive, and when.
type tally struct {
	drops       uint64
	first, last time.Time
}

const (
	// tracefsRecord is a little more than a drop takes in the kernel's buffer.
	tracefsRecord = 64
	// tracefsBuffer is the largest buffer that comes unasked.
	tracefsBuffer = 4 << 20
)

func openTracefs(config Config) (Source, error) {
	s, err := openTracefsAt("", config)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// openTracefsAt opens the source where tracefs is mounted; an empty root looks
// for it.
func openTracefsAt(root string, config Config) (*tracefsSource, error) {
	if config.Origins == HardwareDrops {
		return nil, fmt.Errorf("source tracefs: %w", errHardware)
	}
	if config.PacketFilter != nil {
		return nil, errors.New("source tracefs sees no packet bytes, so there is nothing to filter; use --source ebpf")
	}
	c := tracefs.Config{Root: root, Reasons: config.Restrict.Reasons, Idle: config.Idle}
	if queue := uint64(config.Queue) * tracefsRecord; config.Packets && queue > tracefsBuffer {
		c.BufferBytes = queue
	}
	drops, err := tracefs.Open(c)
	if err != nil {
		return nil, fmt.Errorf("source tracefs: %w", err)
	}
	return &tracefsSource{
		drops: drops, packets: config.Packets, rate: rate{limit: config.RateLimit},
		groups: make(map[tracefsKey]*tally),
	}, nil
}

func (s *tracefsSource) Name() string { return "tracefs" }

func (s *tracefsSource) Tells() By { return ByReason | ByLocation | ByProtocol }

func (s *tracefsSource) Notes() []string {
	return []string{"source tracefs reads every drop and tells neither owner nor length; ebpf is cheaper and tells more"}
}

func (s *tracefsSource) Wake()        { s.drops.Wake() }
func (s *tracefsSource) Stop() error  { return s.drops.Stop() }
func (s *tracefsSource) Close() error { return s.drops.Close() }

func (s *tracefsSource) Receive(deadline time.Time, yield func(*Drop)) error {
	if s.packets {
		return s.drops.Receive(deadline, func(e *tracefs.Event) { s.deliver(e, yield) })
	}
	err := s.drops.Receive(deadline, s.count)
	// What was counted before an error counts too.
	s.deliverGroups(yield)
	return err
}

func (s *tracefsSource) deliver(e *tracefs.Event, yield func(*Drop)) {
	if !s.rate.allows(e.Time) {
		s.limited++
		return
	}
	s.drop = Drop{
		Packets: 1, Buffers: 1, First: e.Time, Last: e.Time, CPU: e.CPU,
		Location: e.Location, Reason: Reason{Code: e.Reason}, Protocol: e.Protocol,
	}
	yield(&s.drop)
}

// count bounds the groups of one Receive, because a sender can choose the
// protocol.
func (s *tracefsSource) count(e *tracefs.Event) {
	key := tracefsKey{location: e.Location, reason: e.Reason, protocol: e.Protocol}
	t := s.groups[key]
	if t == nil {
		if len(s.groups) == maxGroups {
			s.unkeyed++
			s.rest.add(e.Time)
			return
		}
		t = new(tally)
		s.groups[key] = t
	}
	t.add(e.Time)
}

func (t *tally) add(when time.Time) {
	t.drops++
	if t.first.IsZero() || when.Before(t.first) {
		t.first = when
	}
	if when.After(t.last) {
		t.last = when
	}
}

func (s *tracefsSource) deliverGroups(yield func(*Drop)) {
	for key, t := range s.groups {
		s.drop = t.drop()
		s.drop.Location, s.drop.Reason.Code, s.drop.Protocol = key.location, key.reason, key.protocol
		yield(&s.drop)
	}
	clear(s.groups)
	if s.rest.drops > 0 {
		s.drop = s.rest.drop()
		s.drop.Unkeyed = true
		s.rest = tally{}
		yield(&s.drop)
	}
}

// drop counts every buffer as one packet: the tracepoint does not tell how
// many segments it held.
func (t *tally) drop() Drop {
	return Drop{
		Packets: t.drops, Buffers: t.drops, First: t.first, Last: t.last,
		Reason: Reason{Code: NoReason},
	}
}

func (s *tracefsSource) Stats() (Stats, error) {
	lost, err := s.drops.Lost()
	return Stats{Unseen: lost, PacketsLimited: s.limited, Unkeyed: s.unkeyed}, err
}

// A rate allows so many events in each second; 0 means any number.
type rate struct {
	limit  uint32
	second int64
	sent   uint32
}

func (r *rate) allows(when time.Time) bool {
	if r.limit == 0 {
		return true
	}
	// Events of several CPUs come a little out of order.
	if second := when.Unix(); second > r.second {
		r.second, r.sent = second, 0
	}
	if r.sent >= r.limit {
		return false
	}
	r.sent++
	return true
}
