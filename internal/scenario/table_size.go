package scenario

import (
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// sizeScenarios are packets too big for the next wire.
func sizeScenarios(f family) []Scenario {
	all := []Scenario{{
		Name:    f.prefix + "mtu_forward",
		Needs:   f.needs(),
		Forward: true,
		Setup:   func(l *Lab) error { return l.configure(B, setLink("bc", mtu(1300))) },
		Send: func(l *Lab) error {
			h := ipHeader{destination: addressC(f), dontFragment: true}
			return l.inject("ab", f.udpFrame(h, udpHeader{}, 1372), count)
		},
		// IPv6 has already chosen the way out
		Want: []Want{f.atB("PKT_TOO_BIG", unix.IPPROTO_UDP, pick(f, "ip_forward", "ip6_forward")).
			older(unspecified).at(B, pick(f, "ba", "bc"))},
		Counters: pick(f,
			[]Counter{f.rise("Ip", "FragFails")},
			[]Counter{f.rise("Ip", "InTooBigErrors"), f.rise("Ip", "FragFails")}),
	}}
	if f.ipv6 {
		return all
	}
	return append(all, Scenario{
		Name: "mtu_output",
		Send: func(l *Lab) error {
			fd, err := l.open(A, unix.AF_INET, unix.SOCK_DGRAM, 0)
			if err != nil {
				return err
			}
			if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_DO); err != nil {
				return fmt.Errorf("forbid fragments: %w", err)
			}
			return sendMany(fd, netip.AddrPortFrom(addressB(f), closedPort), count, 2000, unix.EMSGSIZE)
		},
		// refused before there is a packet; no counter knows of it
		Counters: []Counter{
			{Node: A, Name: "Ip.OutRequests"},
			{Node: A, Name: "Udp.OutDatagrams"},
			{Node: B, Name: "Udp.NoPorts"},
		},
	})
}
