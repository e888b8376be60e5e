package scenario

import (
	"net/netip"

	"golang.org/x/sys/unix"
)

func ipFinish() []string {
	return []string{"ip_rcv_finish_core", "ip_rcv_finish", "ip_route_input_slow"}
}

// addressScenarios are packets whose addresses the kernel does not accept.
func addressScenarios(f family) []Scenario {
	if f.ipv6 {
		return []Scenario{multicast6(f)}
	}
	forged := func(name, reason, source string) Scenario {
		return Scenario{
			Name: name,
			Send: func(l *Lab) error {
				h := ipHeader{source: netip.MustParseAddr(source)}
				return l.inject("ab", f.udpFrame(h, udpHeader{}, 20), count)
			},
			Want: []Want{f.atB(reason, unix.IPPROTO_UDP, ipFinish()...).older(unspecified)},
		}
	}
	return []Scenario{
		forged("source_is_ours", "IP_LOCAL_SOURCE", "10.11.1.2"),
		forged("source_is_loopback", "IP_LOCALNET", "127.0.0.5"),
		forged("source_is_multicast", "IP_INVALID_SOURCE", "224.0.0.5"),
		{
			Name: "destination_is_zero",
			Send: func(l *Lab) error {
				h := ipHeader{destination: netip.IPv4Unspecified()}
				return l.inject("ab", f.udpFrame(h, udpHeader{}, 20), count)
			},
			Want: []Want{f.atB("IP_INVALID_DEST", unix.IPPROTO_UDP, ipFinish()...).older(unspecified)},
		},
		{
			Name: "destination_is_loopback",
			Send: func(l *Lab) error {
				h := ipHeader{destination: netip.AddrFrom4([4]byte{127, 0, 0, 1})}
				return l.inject("ab", f.udpFrame(h, udpHeader{}, 20), count)
			},
			Want: []Want{f.atB("IP_LOCALNET", unix.IPPROTO_UDP, ipFinish()...).older(unspecified)},
		},
		{
			Name:  "rp_filter",
			Setup: func(l *Lab) error { return l.set(B, "net/ipv4/conf/ba/rp_filter=1") },
			Send: func(l *Lab) error {
				return l.inject("ab", f.udpFrame(ipHeader{source: f.nowhere()}, udpHeader{}, 20), count)
			},
			Want:     []Want{f.atB("IP_RPFILTER", unix.IPPROTO_UDP, ipFinish()...).older(unspecified)},
			Counters: []Counter{f.rise("TcpExt", "IPReversePathFilter")},
		},
		{
			Name: "l2_multicast_unicast",
			Setup: func(l *Lab) error {
				return l.set(B, "net/ipv4/conf/ba/drop_unicast_in_l2_multicast=1")
			},
			Send: func(l *Lab) error {
				frame := f.udpFrame(ipHeader{}, udpHeader{}, 20)
				copy(frame, []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
				return l.inject("ab", frame, count)
			},
			Want: []Want{f.atB("UNICAST_IN_L2_MULTICAST", unix.IPPROTO_UDP, ipFinish()...).older(unspecified)},
		},
		multicast4(f),
	}
}

func multicast4(f family) Scenario {
	return Scenario{
		Name: "multicast_not_joined",
		Send: func(l *Lab) error {
			frame := f.udpFrame(ipHeader{destination: netip.AddrFrom4([4]byte{239, 1, 2, 3})}, udpHeader{}, 20)
			copy(frame, []byte{0x01, 0, 0x5e, 1, 2, 3})
			return l.inject("ab", frame, count)
		},
		Want: []Want{f.atB(unspecified, unix.IPPROTO_UDP, append(ipFinish(), "ip_error")...)},
	}
}

func multicast6(f family) Scenario {
	return Scenario{
		Name:  "ip6_multicast_not_joined",
		Needs: f.needs(),
		Send: func(l *Lab) error {
			frame := f.udpFrame(ipHeader{destination: netip.MustParseAddr("ff0e::102:3")}, udpHeader{}, 20)
			copy(frame, []byte{0x33, 0x33, 1, 2, 0, 3})
			return l.inject("ab", frame, count)
		},
		Want: []Want{f.atB(unspecified, unix.IPPROTO_UDP, "ip6_mc_input")},
	}
}
