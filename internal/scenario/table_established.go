package scenario

import "golang.org/x/sys/unix"

// A forgery is a segment that an established connection refuses.
type forgery struct {
	name    string
	segment func(connection) tcpHeader
	size    int
	want    Want
	rises   []string
}

func forgeries(f family) []forgery {
	validate := []string{"tcp_validate_incoming", "tcp_rcv_established", "tcp_drop", "tcp_drop_reason", pick(f, "tcp_v4_do_rcv", "tcp_v6_do_rcv")}
	with := func(reason string, symbols ...string) Want {
		w := f.atB(reason, unix.IPPROTO_TCP, symbols...)
		// before, tcp_drop released the packet behind the event's back
		w.Shown = "5.18"
		return w
	}
	return []forgery{
		{
			name: "tcp_bad_seq",
			segment: func(c connection) tcpHeader {
				return tcpHeader{seq: c.seq + 1<<30, ack: c.ack, flags: tcpACK}
			},
			size:  10,
			want:  with("TCP_INVALID_SEQUENCE", validate...).older(unspecified),
			rises: []string{"TcpExt.BeyondWindow"},
		},
		{
			name: "tcp_old_seq",
			segment: func(c connection) tcpHeader {
				return tcpHeader{seq: c.seq - 1000, ack: c.ack, flags: tcpACK}
			},
			size: 10,
			want: with("TCP_OLD_SEQUENCE", validate...).older("TCP_INVALID_SEQUENCE", unspecified),
		},
		{
			name: "tcp_syn_in_connection",
			segment: func(c connection) tcpHeader {
				return tcpHeader{seq: c.seq, ack: c.ack, flags: tcpSYN | tcpACK}
			},
			want:  with("TCP_INVALID_SYN", validate...).older(unspecified),
			rises: []string{"Tcp.InErrs", "TcpExt.TCPSYNChallenge"},
		},
		{
			name: "tcp_reset_off_sequence",
			segment: func(c connection) tcpHeader {
				return tcpHeader{seq: c.seq + 5, flags: tcpRST}
			},
			want: with("TCP_RESET", validate...).older(unspecified),
		},
		{
			name: "tcp_no_flags",
			segment: func(c connection) tcpHeader {
				return tcpHeader{seq: c.seq, flags: tcpPSH}
			},
			size: 10,
			want: with("TCP_FLAGS", validate...).older(unspecified),
		},
		{
			name: "tcp_ack_of_unsent",
			segment: func(c connection) tcpHeader {
				return tcpHeader{seq: c.seq, ack: c.ack + 100000, flags: tcpACK}
			},
			size: 10,
			want: with("TCP_ACK_UNSENT_DATA", validate...).older(unspecified),
		},
	}
}

func establishedScenarios(f family) []Scenario {
	var all []Scenario
	for _, forged := range forgeries(f) {
		var c connection
		var counters []Counter
		for _, name := range forged.rises {
			counters = append(counters, Counter{Node: B, Name: name, Delta: count, Since: newCounters()[name]})
		}
		all = append(all, Scenario{
			Name:  f.prefix + forged.name,
			Needs: f.needs(),
			Setup: func(l *Lab) error {
				var err error
				c, err = l.connect(f)
				return err
			},
			Send: func(l *Lab) error {
				return l.inject("ab", c.segment(f, forged.segment(c), forged.size), count)
			},
			Want:     []Want{forged.want},
			Counters: counters,
		})
	}
	return all
}

// newCounters are the counters that old kernels lack, with the release from
// which there is one.
func newCounters() map[string]string {
	return map[string]string{"TcpExt.BeyondWindow": "6.17"}
}
