package main

import "testing"

// TestRootPacketFilter: what does not match is not there.
func TestRootPacketFilter(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	c := watching(t, nil, "summary", "--for", "1m", "--count", "40", "--netns", l.name, "--packet", "udp dst port 9 and less 60", "--json")
	other := watching(t, nil, "summary", "--for", "1m", "--count", "1", "--netns", l.name, "--packet", "not udp port 9 or greater 1000", "--filter", `transport == "UDP"`)
	l.drop(t, 40)
	c.wait(t, 0)
	if s := c.summary(t); s.Total.Packets != 40 || s.Packet != "udp dst port 9 and less 60" || len(s.Counters) > 0 {
		t.Errorf("total %+v, filter %q, counters %+v", s.Total, s.Packet, s.Counters)
	}
	select {
	case <-other.done:
		t.Errorf("a packet matched that must not:\n%s", &other.out)
	default:
	}
}
