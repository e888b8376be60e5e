package rtstat

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"dropwatch/counters/internal/nldump"
	"github.com/google/go-cmp/cmp"
)

// numbers are 32-bit numbers, one after the other.
func numbers(values ...uint32) []byte {
	var b []byte
	for _, v := range values {
		b = binary.NativeEndian.AppendUint32(b, v)
	}
	return b
}

// wide are 64-bit numbers.
func wideNumbers(values ...uint64) []byte {
	var b []byte
	for _, v := range values {
		b = binary.NativeEndian.AppendUint64(b, v)
	}
	return b
}

// counting is 1, 2, 3 and so on.
func counting(n int) []byte {
	var b []byte
	for i := range n {
		b = append(b, numbers(uint32(i+1))...)
	}
	return b
}

// tcMessage is a message of a queueing discipline.
func tcMessage(kind string, attributes ...[]byte) []byte {
	body := numbers(0, 3, 0x80010000, 0xffffffff, 2)
	body = nldump.Append(body, attributeKind, []byte(kind+"\x00"))
	for _, a := range attributes {
		body = append(body, a...)
	}
	return body
}

func app(data []byte) []byte {
	return nldump.Append(nil, attributeStats2, nldump.Append(nil, statsApp, data))
}

// short writes numbers as "name=value", gauges with a "~" before and those of 64
// bits with a "!" behind.
func short(list []Named) string {
	var parts []string
	for _, n := range list {
		text := fmt.Sprintf("%s=%d", n.Name, n.Value)
		if n.Signed {
			text = fmt.Sprintf("%s=%d", n.Name, int64(n.Value))
		}
		if n.Gauge {
			text = "~" + text
		}
		if n.Bits == 64 {
			text += "!"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, " ")
}

// The numbers of each kind, put together by the structs in the kernel's headers.
func TestXStats(t *testing.T) {
	fqWords := append(wideNumbers(1, 2, 3, 4, 5, 6, 7, 0xffffffffffffffff), numbers(9, 10, 11, 12)...)
	fq510 := append(fqWords, wideNumbers(13, 14, 15)...)
	const fqText = "gc_flows=1! highprio_packets=2! tcp_retrans=3! throttled=4! flows_plimit=5! pkts_too_long=6! allocation_errors=7! " +
		"~time_next_delayed_flow=-1! ~flows=9 ~inactive_flows=10 ~throttled_flows=11 ~unthrottle_latency_ns=12 ce_mark=13! " +
		"horizon_drops=14! horizon_caps=15!"
	for _, test := range []struct {
		kind string
		data []byte
		want string
	}{
		{"fq", fq510, fqText},
		{
			"fq", append(append(fq510, wideNumbers(16, 17, 18, 19)...), numbers(20, 21, 22, 0)...),
			fqText + " fastpath_packets=16! band_drops_0=17! band_drops_1=18! band_drops_2=19! " +
				"~band_pkt_count_0=20 ~band_pkt_count_1=21 ~band_pkt_count_2=22 band_drops=54!",
		},
		{"codel", counting(9), "~maxpacket=1 ~count=2 ~lastcount=3 ~ldelay=4 ~drop_next=5 drop_overlimit=6 ecn_mark=7 ~dropping=8 ce_mark=9"},
		{"codel", append(counting(9), numbers(10)...), "~maxpacket=1 ~count=2 ~lastcount=3 ~ldelay=4 ~drop_next=5 drop_overlimit=6 ecn_mark=7 ~dropping=8 ce_mark=9 ~xstat_9=10"},
		{"fq_codel", append(numbers(0), counting(9)...), "~maxpacket=1 drop_overlimit=2 ecn_mark=3 new_flow_count=4 ~new_flows_len=5 ~old_flows_len=6 ce_mark=7 ~memory_usage=8 drop_overmemory=9"},
		{"fq_codel", append(numbers(1), numbers(0xfffffff6, 2, 3, 4, 5, 6)...), "~deficit=-10 ~ldelay=2 ~count=3 ~lastcount=4 ~dropping=5 ~drop_next=6"},
		{"fq_codel", numbers(7, 8), "~xstat_0=7 ~xstat_1=8"},
		{"red", counting(4), "early=1 pdrop=2 other=3 marked=4"},
		{"choke", counting(5), "early=1 pdrop=2 other=3 marked=4 matched=5"},
		{"sfb", counting(9), "earlydrop=1 penaltydrop=2 bucketdrop=3 queuedrop=4 childdrop=5 marked=6 ~maxqlen=7 ~maxprob=8 ~avgprob=9"},
		{"sfq", numbers(0xffffffff), "~allot=-1"},
		{
			"pie", append(wideNumbers(1), counting(8)...),
			"~prob=1! ~delay=1 ~avg_dq_rate=2 ~dq_rate_estimating=3 packets_in=4 pie_dropped=5 overlimit=6 ~maxq=7 ecn_mark=8",
		},
		{"fq_pie", counting(9), "packets_in=1 fq_pie_dropped=2 overlimit=3 overmemory=4 ecn_mark=5 new_flow_count=6 ~new_flows_len=7 ~old_flows_len=8 ~memory_usage=9"},
		{
			"dualpi2", counting(12),
			"~prob=1 ~delay_c=2 ~delay_l=3 packets_in_c=4 packets_in_l=5 ~maxq=6 ecn_mark=7 step_marks=8 ~credit=9 ~memory_used=10 ~max_memory_used=11 ~memory_limit=12",
		},
		{
			"netem", wideNumbers(1, 2, 3, 4, 5, 6, 7),
			"delayed=1! netem_dropped=2! corrupted=3! duplicated=4! reordered=5! ecn_marked=6! allocation_errors=7!",
		},
		{"hhf", counting(4), "drop_overlimit=1 hh_overlimit=2 hh_tot_count=3 ~hh_cur_count=4"},
		{"htb", numbers(1, 2, 3, 0xfffffffe, 5), "lends=1 borrows=2 giants=3 ~tokens=-2 ~ctokens=5"},
		{"hfsc", append(wideNumbers(1, 2), counting(2)...), "work=1! rtwork=2! ~period=1 ~level=2"},
		{"drr", counting(1), "~deficit=1"},
		{"qfq", counting(2), "~weight=1 ~lmax=2"},
		{"cbq", counting(4), "borrows=1 overactions=2 ~avgidle=3 ~undertime=4"},
		{
			"taprio", nldump.Append(nldump.Append(nil, 2, wideNumbers(5)), 3, wideNumbers(6)),
			"window_drops=5! tx_overruns=6!",
		},
		{"cake", cakeMessage(), "~memory_used=5 ~deficit=-3 ~xstat_18=9 tin0_dropped_packets=4 tin0_dropped_bytes64=400! ~tin0_xstat_26=8 tin2_sent_packets=1"},
		{"unheard_of", counting(2), "~xstat_0=1 ~xstat_1=2"},
	} {
		for _, place := range []string{"TCA_STATS_APP", "TCA_XSTATS"} {
			attribute := app(test.data)
			if place == "TCA_XSTATS" {
				attribute = nldump.Append(nil, attributeXStats, test.data)
			}
			q, err := DecodeQdisc(tcMessage(test.kind, attribute))
			if err != nil {
				t.Errorf("%s in %s: %v", test.kind, place, err)
			}
			if diff := cmp.Diff(test.want, short(q.XStats)); diff != "" {
				t.Errorf("%s in %s: %s", test.kind, place, diff)
			}
		}
	}
}

func cakeMessage() []byte {
	b := nldump.Append(nil, 4, numbers(5)) // TCA_CAKE_STATS_MEMORY_USED
	b = nldump.Append(b, 11, numbers(0xfffffffd))
	b = nldump.Append(b, 18, numbers(9)) // of a newer kernel
	b = nldump.Append(b, 19, []byte("no number"))
	tin := nldump.Append(nldump.Append(nil, 4, numbers(4)), 5, wideNumbers(400))
	tin = nldump.Append(tin, 26, numbers(8)) // of a newer kernel
	tins := nldump.Append(nldump.Append(nil, 1, tin), 3, nldump.Append(nil, 2, numbers(1)))
	return nldump.Append(b, cakeTins, tins)
}

func TestStats(t *testing.T) {
	basic := nldump.Append(nil, statsBasic, append(wideNumbers(1<<40), numbers(7, 0)...))
	queue := nldump.Append(nil, statsQueue, counting(5))
	for name, test := range map[string]struct {
		attribute []byte
		want      string
	}{
		"usual":             {nldump.Append(nil, attributeStats2, append(basic, queue...)), "bytes=1099511627776! packets=7! ~qlen=1 ~backlog=2 dropped=3 requeues=4 overlimits=5"},
		"many packets":      {nldump.Append(nil, attributeStats2, append(basic, nldump.Append(nil, statsPkt64, wideNumbers(1<<32+7))...)), "bytes=1099511627776! packets=4294967303!"},
		"only the queue":    {nldump.Append(nil, attributeStats2, queue), "~qlen=1 ~backlog=2 dropped=3 requeues=4 overlimits=5"},
		"before TCA_STATS2": {nldump.Append(nil, attributeStats, append(wideNumbers(9), counting(7)...)), "bytes=9! packets=1 dropped=2 overlimits=3 ~bps=4 ~pps=5 ~qlen=6 ~backlog=7"},
		"none":              {nil, ""},
	} {
		q, err := DecodeQdisc(tcMessage("pfifo_fast", test.attribute))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(test.want, short(q.Stats)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestLinkStats(t *testing.T) {
	var values []uint64
	for i := range 27 {
		values = append(values, uint64(i)<<33)
	}
	for name, test := range map[string]struct {
		fields int
		last   Named
	}{
		"4.5":   {23, Named{Name: "tx_compressed", Value: 22 << 33, Bits: 64}},
		"4.6":   {24, Named{Name: "rx_nohandler", Value: 23 << 33, Bits: 64}},
		"5.19":  {25, Named{Name: "rx_otherhost_dropped", Value: 24 << 33, Bits: 64}},
		"newer": {27, Named{Name: "stat_26", Value: 26 << 33, Bits: 64}},
	} {
		body := nldump.Append(numbers(0, 5, 1, 0), 23, wideNumbers(values[:test.fields]...)) // IFLA_STATS64
		l, err := DecodeLink(body)
		if err != nil || len(l.Stats) != test.fields || l.Stats[test.fields-1] != test.last {
			t.Errorf("%s: %v %v", name, l.Stats, err)
		}
	}
}

func TestExtended(t *testing.T) {
	nest := func(kind uint16, inside []byte) []byte { return nldump.Append(nil, kind, inside) }
	hardware := wideNumbers(1, 2, 3, 4, 5, 6, 7, 8, 9)
	bond := append(nest(0, wideNumbers(1)), nest(3, wideNumbers(4))...)
	for name, test := range map[string]struct {
		attributes []byte
		want       string
	}{
		"mpls":     {nest(5, nest(28, nest(1, hardware))), "mpls_rx_packets=1! mpls_tx_packets=2! mpls_rx_bytes=3! mpls_tx_bytes=4! mpls_rx_errors=5! mpls_tx_errors=6! mpls_rx_dropped=7! mpls_tx_dropped=8! mpls_rx_noroute=9!"},
		"l3":       {nest(4, append(nest(2, []byte("info")), nest(3, hardware)...)), "l3_rx_packets=1! l3_tx_packets=2! l3_rx_bytes=3! l3_tx_bytes=4! l3_rx_errors=5! l3_tx_errors=6! l3_rx_dropped=7! l3_tx_dropped=8! l3_multicast=9!"},
		"cpu":      {nest(4, nest(1, wideNumbers(1, 2))), "cpu_rx_packets=1! cpu_tx_packets=2!"},
		"stp":      {nest(2, nest(1, append(nest(0, nil), nest(4, wideNumbers(1, 2, 3, 4, 5, 6, 7))...))), "stp_transition_blk=1! stp_transition_fwd=2! stp_rx_bpdu=3! stp_tx_bpdu=4! stp_rx_tcn=5! stp_tx_tcn=6! stp_stat_6=7!"},
		"bond":     {nest(3, nest(2, nest(1, bond))), "lacp_lacpdu_rx=1! lacp_lacpdu_illegal_rx=4!"},
		"unheard":  {append(nest(9, []byte("x")), nest(2, nest(7, []byte("y")))...), ""},
		"bridge's": {nest(2, nest(1, nest(2, []byte("multicast")))), ""},
	} {
		e, err := DecodeExtended(append(numbers(0, 8, 0), test.attributes...))
		if err != nil || e.Index != 8 {
			t.Errorf("%s: %+v %v", name, e, err)
		}
		if diff := cmp.Diff(test.want, short(e.Stats)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// An error names the thing and the attribute.
func TestDecodeErrors(t *testing.T) {
	qdisc := func(attributes ...[]byte) func() error {
		return func() error { _, err := DecodeQdisc(tcMessage("codel", attributes...)); return err }
	}
	link := func(body []byte) func() error {
		return func() error { _, err := DecodeLink(body); return err }
	}
	const object = "decode qdisc codel 8001: root of interface 3: "
	for want, decode := range map[string]func() error{
		"decode queueing discipline: 3 bytes are no tcmsg":                                        func() error { _, err := DecodeClass([]byte{1, 2, 3}); return err },
		object + "attribute TCA_STATS_APP: field count has 2 bytes, not 4":                        qdisc(app(make([]byte, 6))),
		object + "attribute TCA_STATS2: attribute TCA_STATS_BASIC: has 3 bytes, not 12":           qdisc(nldump.Append(nil, attributeStats2, nldump.Append(nil, statsBasic, []byte("abc")))),
		object + "attribute TCA_STATS2: attribute TCA_STATS_QUEUE: field qlen has 3 bytes, not 4": qdisc(nldump.Append(nil, attributeStats2, nldump.Append(nil, statsQueue, []byte("abc")))),
		object + "attribute TCA_OPTIONS: attribute limit: 3 bytes are no number":                  qdisc(nldump.Append(nil, attributeOptions, nldump.Append(nil, 2, []byte("abc")))),
		object + "attribute TCA_STATS: field packets has 1 bytes, not 4":                          qdisc(nldump.Append(nil, attributeStats, make([]byte, 9))),
		"decode interface: 3 bytes are no ifinfomsg":                                              link([]byte{1, 2, 3}),
		"decode interface 5: attribute IFLA_STATS64: field tx_packets has 1 bytes, not 8":         link(nldump.Append(numbers(0, 5, 1, 0), 23, make([]byte, 9))),
		"decode interface 5: attribute IFLA_MTU: has 1 bytes, not 4":                              link(nldump.Append(numbers(0, 5, 1, 0), 4, []byte{1})),
		"decode extended statistics: 3 bytes are no if_stats_msg":                                 func() error { _, err := DecodeExtended([]byte{1, 2, 3}); return err },
	} {
		if err := decode(); err == nil || err.Error() != want {
			t.Errorf("error %v\nwant  %s", err, want)
		}
	}
}

func TestHandle(t *testing.T) {
	for want, h := range map[string]Handle{"root": Root, "ffff:fff1": Ingress, "8001:": 0x80010000, "1:10": 0x10010, ":2": 2, "0:": 0} {
		if got := h.String(); got != want {
			t.Errorf("%x is %q, want %q", uint32(h), got, want)
		}
	}
}
