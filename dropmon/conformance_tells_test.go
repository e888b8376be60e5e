package dropmon

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// keepsTells holds what a source says that it tells against what is in its rows.
func keepsTells(t *testing.T, s *subject) {
	for _, packets := range []bool{false, !s.counts} {
		o := s.tally(s.start(t, func(c *Config) {
			c.Packets = packets
			if !packets {
				c.Detail = DetailFlow
			}
		}))
		s.drop(t, s.lab, 5)
		o.until(t, 5)
		tells, noReasons := o.source.Tells(), !kernelHasReasons(t)
		for _, d := range o.examples {
			for by, there := range holds(&d) {
				if by == ByReason && s.reasons && noReasons {
					continue
				}
				if told := tells&by != 0; told && !there || there && !told {
					t.Errorf("packets %v: tells %v is %v, but the row is %+v", packets, by, told, d)
				}
			}
		}
	}
}

// holds looks which attributes a row has. A drop at a closed port belongs to no
// process.
func holds(d *Drop) map[By]bool {
	has := map[By]bool{
		ByReason:   d.Reason.Name != "" || d.Reason.Code != NoReason,
		ByLocation: d.Location != 0,
		ByNetNS:    d.NetNS != NetNS{},
		// An index without a namespace is only a hint, not a name.
		ByInterface: d.Interface.Index != 0 && d.NetNS != NetNS{} || d.Interface.Name != "",
		ByProtocol:  d.Protocol != 0,
	}
	if d.Protocol == EtherTypeIPv4 {
		has[ByFlow] = d.Flow.Source.IsValid() && d.Flow.Destination.IsValid()
	}
	return has
}

// kernelHasReasons looks whether the tracepoint has a reason, as it does since
// Linux 5.17.
func kernelHasReasons(t *testing.T) bool {
	t.Helper()
	format, err := os.ReadFile(filepath.Join(mountTracefs(t), "events/skb/kfree_skb/format"))
	must(t, err)
	return strings.Contains(string(format), "reason;")
}
