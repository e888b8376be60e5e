package scenario

import "golang.org/x/sys/unix"

func tcpReceive(f family) string { return pick(f, "tcp_v4_rcv", "tcp_v6_rcv") }

func tcpScenarios(f family) []Scenario {
	return []Scenario{
		{
			Name:  f.prefix + "tcp_closed",
			Needs: f.needs(),
			Send: func(l *Lab) error {
				return l.inject("ab", f.tcpFrame(ipHeader{}, tcpHeader{flags: tcpSYN}, 0), count)
			},
			Want: []Want{
				f.atB("NO_SOCKET", unix.IPPROTO_TCP, tcpReceive(f)),
				// A has no socket for the resets either
				f.atB("NO_SOCKET", unix.IPPROTO_TCP, tcpReceive(f)).at(A, "ab"),
			},
			Counters: []Counter{{Node: B, Name: "Tcp.OutRsts", Delta: count}},
		},
		{
			Name:  f.prefix + "tcp_csum",
			Needs: f.needs(),
			Send: func(l *Lab) error {
				return l.inject("ab", f.tcpFrame(ipHeader{}, tcpHeader{flags: tcpSYN, checksum: wrongChecksum}, 0), count)
			},
			Want: []Want{f.atB("TCP_CSUM", unix.IPPROTO_TCP, tcpReceive(f))},
			Counters: []Counter{
				{Node: B, Name: "Tcp.InErrs", Delta: count},
				{Node: B, Name: "Tcp.InCsumErrors", Delta: count},
			},
		},
		{
			Name:  f.prefix + "tcp_short",
			Needs: f.needs(),
			Send: func(l *Lab) error {
				return l.inject("ab", f.tcpFrame(ipHeader{}, tcpHeader{flags: tcpSYN, words: 3}, 0), count)
			},
			Want:     []Want{f.atB("PKT_TOO_SMALL", unix.IPPROTO_TCP, tcpReceive(f)).older(unspecified)},
			Counters: []Counter{{Node: B, Name: "Tcp.InErrs", Delta: count}},
		},
	}
}
