package dropmon

import (
	"slices"
	"strings"
	"testing"
	"time"

	"dropwatch/internal/tracefs"
)

// newTracefs is a source that gets its events from the test.
func newTracefs(limit uint32) *tracefsSource {
	return &tracefsSource{rate: rate{limit: limit}, groups: make(map[tracefsKey]*tally)}
}

func (s *tracefsSource) groupsOf(t *testing.T) (drops []Drop) {
	t.Helper()
	s.deliverGroups(func(d *Drop) { drops = append(drops, *d) })
	return drops
}

func TestTracefsGroups(t *testing.T) {
	s := newTracefs(0)
	event := tracefs.Event{Time: noon, CPU: 1, Location: 0x10, Reason: 3, Protocol: EtherTypeIPv4}
	for _, change := range []func(*tracefs.Event){
		func(*tracefs.Event) {},
		func(e *tracefs.Event) { e.Time, e.CPU = noon.Add(time.Second), 0 },
		func(e *tracefs.Event) { e.Time = noon.Add(-time.Second) },
		func(e *tracefs.Event) { e.Location++ },
		func(e *tracefs.Event) { e.Reason++ },
		func(e *tracefs.Event) { e.Protocol++ },
	} {
		e := event
		change(&e)
		s.count(&e)
	}
	groups := s.groupsOf(t)
	if len(groups) != 4 {
		t.Fatalf("got %d groups, want 4", len(groups))
	}
	i := slices.IndexFunc(groups, func(d Drop) bool { return d.Packets == 3 })
	if i < 0 {
		t.Fatalf("no group of 3 in %+v", groups)
	}
	d := groups[i]
	if d.Buffers != 3 || d.Bytes != 0 || !d.First.Equal(noon.Add(-time.Second)) || !d.Last.Equal(noon.Add(time.Second)) ||
		d.Location != 0x10 || d.Reason.Code != 3 || d.Protocol != EtherTypeIPv4 || d.Unkeyed {
		t.Errorf("got %+v", d)
	}
	if again := s.groupsOf(t); len(again) != 0 {
		t.Errorf("delivered twice: %+v", again)
	}
}

// Senders choose the protocol, so there is a bound, and still all are counted.
func TestTracefsGroupsAreBounded(t *testing.T) {
	s := newTracefs(0)
	for range 2 {
		for i := range maxGroups + 10 {
			s.count(&tracefs.Event{Time: noon, Protocol: uint16(i), Location: uint64(i >> 16)})
		}
		var total uint64
		groups := s.groupsOf(t)
		for _, d := range groups {
			total += d.Packets
		}
		last := groups[len(groups)-1]
		if len(groups) != maxGroups+1 || total != maxGroups+10 || !last.Unkeyed || last.Packets != 10 || last.Reason.Code != NoReason {
			t.Errorf("%d packets in %d groups, the last is %+v", total, len(groups), last)
		}
	}
	if s.unkeyed != 20 {
		t.Errorf("%d unkeyed, want 20", s.unkeyed)
	}
}

func TestTracefsRate(t *testing.T) {
	s := newTracefs(3)
	var got []Drop
	for _, after := range []time.Duration{0, 1, 2, 3, 4, time.Second, time.Second - 1, time.Second + 1, time.Second + 2} {
		s.deliver(&tracefs.Event{Time: noon.Add(after), CPU: 1, Location: 7, Reason: 3, Protocol: 8}, func(d *Drop) { got = append(got, *d) })
	}
	if len(got) != 6 || s.limited != 3 {
		t.Fatalf("%d delivered and %d limited, want 6 and 3", len(got), s.limited)
	}
	d := got[0]
	if d.Packets != 1 || d.Buffers != 1 || d.Packet != nil || d.CPU != 1 || d.Location != 7 || d.Reason.Code != 3 || d.Protocol != 8 || !d.First.Equal(noon) || !d.Last.Equal(noon) {
		t.Errorf("got %+v", d)
	}
}

func TestSources(t *testing.T) {
	if !slices.Contains(Sources(), "tracefs") {
		t.Errorf("sources %q", Sources())
	}
	source, err := Open(Config{Source: "tea"})
	if err == nil || source != nil || !strings.Contains(err.Error(), "tracefs") {
		t.Errorf("got %v, %v", source, err)
	}
}

// A source that cannot be opened is nil, also as an interface.
func TestTracefsMissing(t *testing.T) {
	if _, err := openTracefsAt(t.TempDir(), Config{}); err == nil || !strings.HasPrefix(err.Error(), "source tracefs: ") {
		t.Errorf("got %v", err)
	}
	source, err := Open(Config{Source: "tracefs"})
	if (source == nil) != (err != nil) {
		t.Errorf("got %v, %v", source, err)
	}
	if source != nil { // tracefs is mounted, and we may use it
		if err := source.Close(); err != nil {
			t.Error(err)
		}
	}
}
