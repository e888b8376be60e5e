package scenario

import (
	"net/netip"

	"golang.org/x/sys/unix"
)

func ipReceive(f family) []string {
	return pick(f, []string{"ip_rcv_core", "ip_rcv"}, []string{"ip6_rcv_core", "ipv6_rcv"})
}

func headerScenarios(f family) []Scenario {
	inHdrErrors := []Counter{f.rise("Ip", "InHdrErrors")}
	send := func(h ipHeader) func(*Lab) error {
		return func(l *Lab) error { return l.inject("ab", f.udpFrame(h, udpHeader{}, 20), count) }
	}
	all := []Scenario{
		{
			Name:     f.prefix + "ip_truncated",
			Needs:    f.needs(),
			Send:     send(ipHeader{length: 1000}),
			Want:     []Want{f.atB("PKT_TOO_SMALL", unix.IPPROTO_UDP, ipReceive(f)...)},
			Counters: []Counter{f.rise(pick(f, "IpExt", "Ip"), "InTruncatedPkts")},
		},
		{
			Name:  f.prefix + "ip_proto",
			Needs: f.needs(),
			Send: func(l *Lab) error {
				return l.inject("ab", f.frame(ipHeader{protocol: 253}, make([]byte, 20)), count)
			},
			Want: []Want{f.atB("IP_NOPROTO", 253, pick(f,
				[]string{"ip_local_deliver_finish", "ip_protocol_deliver_rcu"},
				[]string{"ip6_protocol_deliver_rcu", "ip6_input_finish", "ip6_input"})...).older(unspecified)},
			Counters: []Counter{f.rise("Ip", "InUnknownProtos")},
		},
		{
			Name:  f.prefix + "otherhost",
			Needs: f.needs(),
			Send: func(l *Lab) error {
				frame := f.udpFrame(ipHeader{}, udpHeader{}, 20)
				copy(frame, []byte{0x02, 0xd0, 0, 0, 9, 9})
				return l.inject("ab", frame, count)
			},
			Want: []Want{f.atB("OTHERHOST", unix.IPPROTO_UDP, ipReceive(f)...)},
		},
		{
			Name:     f.prefix + "ip_version",
			Needs:    f.needs(),
			Send:     send(ipHeader{version: 5}),
			Want:     []Want{f.atB(pick(f, "IP_INHDR", "UNHANDLED_PROTO"), unix.IPPROTO_UDP, ipReceive(f)...).older("IP_INHDR", unspecified)},
			Counters: inHdrErrors,
		},
	}
	if f.ipv6 {
		return append(all, header6Scenarios(f)...)
	}
	return append(all, header4Scenarios(f, send)...)
}

func header4Scenarios(f family, send func(ipHeader) func(*Lab) error) []Scenario {
	inHdrErrors := f.rise("Ip", "InHdrErrors")
	return []Scenario{
		{
			Name:     "ip_csum",
			Send:     send(ipHeader{checksum: wrongChecksum}),
			Want:     []Want{f.atB("IP_CSUM", unix.IPPROTO_UDP, ipReceive(f)...)},
			Counters: []Counter{inHdrErrors, f.rise("IpExt", "InCsumErrors")},
		},
		{
			Name:     "ip_header_length",
			Send:     send(ipHeader{words: 4}),
			Want:     []Want{f.atB("IP_INHDR", unix.IPPROTO_UDP, ipReceive(f)...)},
			Counters: []Counter{inHdrErrors},
		},
		{
			Name: "ip_too_small",
			Send: func(l *Lab) error {
				frame := ethernet(endOf("ba").mac, endOf("ab").mac, f.ether, []byte{0x45, 0, 0, 4})
				return l.inject("ab", frame, count)
			},
			Want:     []Want{f.atB("IP_INHDR", 0, ipReceive(f)...)},
			Counters: []Counter{inHdrErrors},
		},
	}
}

func header6Scenarios(f family) []Scenario {
	return []Scenario{
		{
			Name:  "ip6_disabled",
			Needs: f.needs(),
			Setup: func(l *Lab) error { return l.set(B, "net/ipv6/conf/ba/disable_ipv6=1") },
			Send: func(l *Lab) error {
				return l.inject("ab", f.udpFrame(ipHeader{}, udpHeader{}, 20), count)
			},
			Want:     []Want{f.atB("IPV6DISABLED", unix.IPPROTO_UDP, ipReceive(f)...).older(unspecified)},
			Counters: []Counter{f.rise("Ip", "InDiscards")},
		},
		{
			Name:  "ip6_multicast_source",
			Needs: f.needs(),
			Send: func(l *Lab) error {
				h := ipHeader{source: netip.MustParseAddr("ff0e::5")}
				return l.inject("ab", f.udpFrame(h, udpHeader{}, 20), count)
			},
			Want:     []Want{f.atB("IP_INHDR", unix.IPPROTO_UDP, ipReceive(f)...).older(unspecified)},
			Counters: []Counter{f.rise("Ip", "InHdrErrors")},
		},
	}
}
