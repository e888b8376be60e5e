package dropmon

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"dropwatch/internal/netdm"
)

func newNetDM(config Config) *netdmSource {
	return &netdmSource{
		config: config, rate: rate{limit: config.RateLimit},
		groups: make(map[netdmKey]*netdmTally), names: make(map[string]string),
	}
}

// collect returns what the source delivers now, without times.
func (s *netdmSource) collect() []Drop {
	var drops []Drop
	s.deliver(func(d *Drop) {
		c := *d
		c.First, c.Last = time.Time{}, time.Time{}
		drops = append(drops, c)
	})
	return drops
}

// udpFrame is an Ethernet frame with a UDP datagram, 10.0.0.1:4000 to
// 10.0.0.2:9.
func udpFrame() []byte {
	frame := []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0}
	ip := []byte{0x45, 0, 0, 29, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2}
	return append(append(frame, ip...), 4000>>8, 4000&255, 0, 9, 0, 9, 0, 0, 'x')
}

func packetAlert(when time.Time) *netdm.Packet {
	return &netdm.Packet{
		Location: 0xffffffff81000123, Reason: []byte("NO_SOCKET"), Interface: 3,
		Time: when, Length: 43, Protocol: EtherTypeIPv4, Payload: udpFrame(),
	}
}

func TestNetDMPacketsAddUp(t *testing.T) {
	s := newNetDM(Config{SampleInterval: time.Second})
	start := time.Unix(100, 0)
	var samples []Drop
	for i := range 5 {
		s.packet(packetAlert(start.Add(time.Duration(i)*300*time.Millisecond)), func(d *Drop) { samples = append(samples, *d) })
	}
	if len(samples) != 2 {
		t.Fatalf("%d samples in 1.2 s, want 2, one a second", len(samples))
	}
	if d := samples[0]; d.Packets != 0 || d.Flow.Source.String() != "10.0.0.1:4000" || d.Flow.Destination.String() != "10.0.0.2:9" || d.Length != 29 {
		t.Errorf("sample: %+v", d)
	}
	want := []Drop{{
		Packets: 5, Buffers: 5, Bytes: 145, Location: 0xffffffff81000123,
		Reason:    Reason{Code: NoReason, Name: "NO_SOCKET"},
		Interface: Interface{Index: 3}, Protocol: EtherTypeIPv4, Transport: 17,
	}}
	if diff := cmp.Diff(want, s.collect(), cmpopts.EquateComparable(Flow{})); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := s.collect(); got != nil {
		t.Errorf("delivered twice: %+v", got)
	}
}

func TestNetDMSampleJoinsItsGroup(t *testing.T) {
	s := newNetDM(Config{SampleInterval: time.Second})
	var sum Aggregate
	s.packet(packetAlert(time.Unix(100, 0)), sum.Add)
	s.deliver(sum.Add)
	groups := sum.Groups()
	if len(groups) != 1 || groups[0].Packets != 1 || groups[0].Sample == nil {
		t.Errorf("got %+v, want one group of one packet with a sample", groups)
	}
}

func TestNetDMSinglePackets(t *testing.T) {
	s := newNetDM(Config{Packets: true, RateLimit: 2})
	delivered := 0
	for range 5 {
		s.packet(packetAlert(time.Unix(100, 0)), func(d *Drop) {
			delivered++
			if d.Packets != 1 || d.Length != 29 || d.LinkLength != 14 {
				t.Errorf("got %+v", d)
			}
		})
	}
	if delivered != 2 || s.limited != 3 {
		t.Errorf("%d delivered, %d held back; want 2 and 3", delivered, s.limited)
	}
}

func TestNetDMSummaries(t *testing.T) {
	s := newNetDM(Config{Coarse: true})
	s.count(&netdm.Alert{Mode: netdm.Summary, Hits: []netdm.Hit{{Location: 1, Count: 3}, {Location: 0, Count: 2}}})
	s.count(&netdm.Alert{Mode: netdm.Summary, Hits: []netdm.Hit{{Location: 1, Count: 4}}})
	s.count(&netdm.Alert{Mode: netdm.Summary, Traps: []netdm.TrapHit{{Trap: []byte("blackhole_route"), Count: 6}}})
	got := make(map[string]uint64)
	for _, d := range s.collect() {
		got[d.Origin.String()+" "+d.Trap.Name] = d.Packets
	}
	want := map[string]uint64{"software ": 7, "hardware rx_dropped": 2, "hardware blackhole_route": 6}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if s.atLeast {
		t.Error("three locations are not too many")
	}
	s.count(&netdm.Alert{Mode: netdm.Summary, Hits: make([]netdm.Hit, netdm.SummaryLimit)})
	if !s.atLeast {
		t.Error("a full summary may have forgotten drops")
	}
}

func TestNetDMTooManyGroups(t *testing.T) {
	s := newNetDM(Config{})
	for i := range uint64(maxGroups + 10) {
		s.count(&netdm.Alert{Mode: netdm.Summary, Hits: []netdm.Hit{{Location: i + 1, Count: 2}}})
	}
	var sum, unkeyed uint64
	for _, d := range s.collect() {
		sum += d.Packets
		if d.Unkeyed {
			unkeyed += d.Packets
		}
	}
	if sum != 2*(maxGroups+10) || unkeyed != 20 || s.unkeyed != 20 {
		t.Errorf("%d packets, %d and %d without a group; want %d and 20", sum, unkeyed, s.unkeyed, 2*(maxGroups+10))
	}
}

func TestParseFrame(t *testing.T) {
	plain := udpFrame()
	tagged := append(append(append([]byte{}, plain[:12]...), 0x81, 0, 0, 42), plain[12:]...)
	for name, test := range map[string]struct {
		frame []byte
		want  Frame
	}{
		"plain":     {plain, Frame{LinkLength: 14}},
		"VLAN":      {tagged, Frame{LinkLength: 18}},
		"short":     {plain[:13], Frame{}},
		"cut tag":   {tagged[:16], Frame{LinkLength: 14}},
		"broadcast": {append([]byte{255, 255, 255, 255, 255, 255}, plain[6:]...), Frame{LinkLength: 14, Flags: FlagBroadcast}},
		"multicast": {append([]byte{1, 0, 0x5e, 0, 0, 1}, plain[6:]...), Frame{LinkLength: 14, Flags: FlagMulticast}},
	} {
		if got := ParseFrame(test.frame); got != test.want {
			t.Errorf("%s: got %+v, want %+v", name, got, test.want)
		}
	}
}

func FuzzFromPacket(f *testing.F) {
	f.Add(udpFrame(), uint16(EtherTypeIPv4), uint32(43))
	f.Add(append(make([]byte, 14), 0x60), uint16(EtherTypeIPv6), uint32(15))
	f.Fuzz(func(t *testing.T, payload []byte, protocol uint16, length uint32) {
		s := newNetDM(Config{})
		s.fromPacket(&netdm.Packet{Payload: payload, Protocol: protocol, Length: length})
		if d := &s.drop; d.LinkLength > len(payload) || d.Length > length || d.Bytes > uint64(length) {
			t.Errorf("got %+v of %d bytes, length %d", d, len(payload), length)
		}
	})
}
