package dropmon

import (
	"testing"
	"time"

	"dropwatch/internal/scenario"
)

// keepsPacketFilter demands just the packets that match, in groups, as samples
// and one by one.
func keepsPacketFilter(t *testing.T, s *subject) {
	for expression, want := range map[string]uint64{
		"udp port 9":                           30,
		"udp port 9 and udp[8:4] = 0x31322062": 30, // "12 b"
		"ip and not udp":                       0,
		"udp port 10":                          0,
		"src host 127.0.0.1 and len = 54":      30,
		"ether[20000] = 0":                     0,
	} {
		for _, packets := range []bool{false, true} {
			o := s.tally(s.start(t, func(c *Config) {
				c.PacketFilter, c.Packets, c.SampleInterval = packetFilter(t, expression), packets, time.Microsecond
			}))
			s.drop(t, s.lab, 30)
			must(t, o.source.Stop())
			o.receive(t, time.Now())
			if got := o.packets(); got != want || (o.samples > 0) != (want > 0 && !packets) {
				t.Errorf("%q: %d packets, %d samples; want %d packets", expression, got, o.samples, want)
			}
			if stats := o.stats(t, Stats{}); stats != (Stats{}) {
				t.Errorf("%q: %+v", expression, stats)
			}
			must(t, o.source.Close())
		}
	}
}

func TestRootPacketFilter(t *testing.T) {
	needRoot(t)
	lab := newLab(t)
	keepsPacketFilter(t, &subject{
		config: Config{Source: "ebpf", Restrict: Restriction{NetNS: []uint32{lab.Inode(scenario.A)}}}, open: Open,
		lab: lab, drop: dropDatagrams, mine: datagram,
	})
}

func TestVMConformancePacketFilter(t *testing.T) {
	needIdleMonitor(t)
	keepsPacketFilter(t, &subject{
		config: Config{Source: "netdm"}, open: Open,
		lab: newLab(t), drop: dropDatagrams, mine: datagram,
	})
}
