package scenario

func icmpScenarios(f family) []Scenario {
	echo := pick(f, icmpMessage{kind: 8}, icmpMessage{kind: 128})
	reply := pick(f, icmpMessage{kind: 0}, icmpMessage{kind: 129})
	wrong := echo
	wrong.checksum = wrongChecksum
	receive := pick(f, "icmp_rcv", "icmpv6_rcv")
	return []Scenario{
		{
			Name:  f.prefix + "icmp_csum",
			Needs: f.needs(),
			Send:  func(l *Lab) error { return l.inject("ab", f.icmpFrame(ipHeader{}, wrong, 20), count) },
			Want:  []Want{f.atB("ICMP_CSUM", f.icmp, receive).older(unspecified)},
			Counters: []Counter{
				f.rise("Icmp", "InCsumErrors"),
				f.rise("Icmp", "InErrors"),
			},
		},
		{
			// what every reply to a ping program with a raw socket does
			Name:     f.prefix + "icmp_reply_unasked",
			Needs:    f.needs(),
			Send:     func(l *Lab) error { return l.inject("ab", f.icmpFrame(ipHeader{}, reply, 20), count) },
			Want:     []Want{f.atB("NO_SOCKET", f.icmp, "ping_rcv", "icmp_rcv", "icmpv6_rcv").older(unspecified)},
			Counters: []Counter{f.rise("Icmp", pick(f, "InEchoReps", "InEchoReplies"))},
		},
		{
			// ICMPv6 takes a type below 128 for an error, which must quote a packet
			Name:  f.prefix + "icmp_unknown_type",
			Needs: f.needs(),
			Send: func(l *Lab) error {
				return l.inject("ab", f.icmpFrame(ipHeader{}, icmpMessage{kind: pick[uint8](f, 44, 100)}, 20), count)
			},
			Want:     []Want{f.atB(pick(f, "UNHANDLED_PROTO", "PKT_TOO_SMALL"), f.icmp, receive).since(pick(f, "", "6.3")).older(unspecified)},
			Counters: []Counter{f.rise("Icmp", "InErrors")},
		},
	}
}
