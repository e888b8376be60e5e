package scenario

import (
	"net/netip"

	"golang.org/x/sys/unix"
)

// transit is a frame for an address behind B that no node has.
func transit(f family, h ipHeader, size int) []byte {
	h.destination = f.nowhere()
	return f.udpFrame(h, udpHeader{}, size)
}

func routeScenarios(f family) []Scenario {
	ttl := []string{pick(f, "ip_forward", "ip6_forward")}
	all := []Scenario{
		{
			Name:    f.prefix + "ttl",
			Needs:   f.needs(),
			Forward: true,
			Send: func(l *Lab) error {
				return l.inject("ab", f.udpFrame(ipHeader{destination: addressC(f), ttl: 1}, udpHeader{}, 20), count)
			},
			Want:     []Want{f.atB("IP_INHDR", unix.IPPROTO_UDP, ttl...).older(unspecified)},
			Counters: []Counter{f.rise("Ip", "InHdrErrors")},
		},
		{
			Name:    f.prefix + "noroute_forward",
			Needs:   f.needs(),
			Forward: true,
			Send:    func(l *Lab) error { return l.inject("ab", transit(f, ipHeader{}, 20), count) },
			Want: []Want{f.atB("IP_INNOROUTES", unix.IPPROTO_UDP,
				pick(f, []string{"ip_error"}, []string{"ip6_pkt_drop", "ip6_pkt_discard"})...).older(unspecified)},
			Counters: []Counter{f.rise(pick(f, "IpExt", "Ip"), "InNoRoutes")},
		},
		{
			Name:  f.prefix + "forwarding_off",
			Needs: f.needs(),
			Setup: func(l *Lab) error {
				return l.configure(B, addRoute(route{to: f.nowhereNet(), dev: "ba"}))
			},
			Send:     func(l *Lab) error { return l.inject("ab", transit(f, ipHeader{}, 20), count) },
			Want:     []Want{f.atB("IP_INADDRERRORS", unix.IPPROTO_UDP, pick(f, "ip_error", "ip6_forward")).older(unspecified)},
			Counters: []Counter{f.rise("Ip", "InAddrErrors")},
		},
		{
			Name:  f.prefix + "noroute_output",
			Needs: f.needs(),
			Setup: func(l *Lab) error { return l.configure(A, removeRoute(defaultRoute(addressB(f)))) },
			Send: func(l *Lab) error {
				return l.sendUDP(A, netip.AddrPortFrom(f.nowhere(), closedPort), count, 20, unix.ENETUNREACH)
			},
			// refused before there is a packet
			Counters: []Counter{{Node: A, Name: f.counter("Ip", "OutNoRoutes"), Delta: count}},
		},
	}
	return append(all,
		refusingRoute(f, "blackhole", unix.RTN_BLACKHOLE),
		refusingRoute(f, "unreachable", unix.RTN_UNREACHABLE),
		refusingRoute(f, "prohibit", unix.RTN_PROHIBIT))
}

func refusingRoute(f family, name string, refusal uint8) Scenario {
	reason, counters := unspecified, []Counter(nil)
	if f.ipv6 && refusal != unix.RTN_BLACKHOLE {
		// IPv6 calls these "no route"
		reason, counters = "IP_INNOROUTES", []Counter{f.rise("Ip", "InNoRoutes")}
	}
	return Scenario{
		Name:    f.prefix + "route_" + name,
		Needs:   f.needs(),
		Forward: true,
		Setup: func(l *Lab) error {
			return l.configure(B, addRoute(route{to: f.nowhereNet(), refusal: refusal}))
		},
		Send: func(l *Lab) error { return l.inject("ab", transit(f, ipHeader{}, 20), count) },
		Want: []Want{f.atB(reason, unix.IPPROTO_UDP, "ip_error", "dst_discard", "dst_discard_out",
			"ip6_pkt_drop", "ip6_pkt_discard", "ip6_pkt_prohibit").older(unspecified)},
		Counters: counters,
	}
}
