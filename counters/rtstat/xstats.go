package rtstat

import (
	"encoding/binary"
	"fmt"
)

const xstatPrefix = "xstat_"

// xstatsOf is the struct that a kind of queueing discipline, or its classes, give
// as their own statistics. The kind sfq gives its struct to classes, and htb,
// hfsc, drr and qfq do.
func xstatsOf(kind string) layout {
	switch kind {
	case "fq":
		return fqFields()
	case "codel":
		return layout{
			{"maxpacket", gauge32}, {"count", gauge32}, {"lastcount", gauge32}, {"ldelay", gauge32}, {"drop_next", signed32},
			{"drop_overlimit", counter32}, {"ecn_mark", counter32}, {"dropping", gauge32}, {"ce_mark", counter32},
		}
	case "red":
		return redFields()
	case "choke":
		return append(redFields(), field{"matched", counter32})
	case "sfb":
		return layout{
			{"earlydrop", counter32}, {"penaltydrop", counter32}, {"bucketdrop", counter32}, {"queuedrop", counter32},
			{"childdrop", counter32}, {"marked", counter32}, {"maxqlen", gauge32}, {"maxprob", gauge32}, {"avgprob", gauge32},
		}
	case "pie":
		return layout{
			{"prob", gauge64}, {"delay", gauge32}, {"avg_dq_rate", gauge32}, {"dq_rate_estimating", gauge32},
			{"packets_in", counter32}, {"pie_dropped", counter32}, {"overlimit", counter32}, {"maxq", gauge32},
			{"ecn_mark", counter32},
		}
	case "fq_pie":
		return layout{
			{"packets_in", counter32}, {"fq_pie_dropped", counter32}, {"overlimit", counter32}, {"overmemory", counter32},
			{"ecn_mark", counter32}, {"new_flow_count", counter32}, {"new_flows_len", gauge32}, {"old_flows_len", gauge32},
			{"memory_usage", gauge32},
		}
	case "dualpi2":
		return layout{
			{"prob", gauge32}, {"delay_c", gauge32}, {"delay_l", gauge32}, {"packets_in_c", counter32},
			{"packets_in_l", counter32}, {"maxq", gauge32}, {"ecn_mark", counter32}, {"step_marks", counter32},
			{"credit", signed32}, {"memory_used", gauge32}, {"max_memory_used", gauge32}, {"memory_limit", gauge32},
		}
	case "netem": // since Linux 7.2
		return layout{
			{"delayed", counter64}, {"netem_dropped", counter64}, {"corrupted", counter64}, {"duplicated", counter64},
			{"reordered", counter64}, {"ecn_marked", counter64}, {"allocation_errors", counter64},
		}
	case "hhf":
		return layout{
			{"drop_overlimit", counter32}, {"hh_overlimit", counter32}, {"hh_tot_count", counter32}, {"hh_cur_count", gauge32},
		}
	}
	return classXStatsOf(kind)
}

func classXStatsOf(kind string) layout {
	switch kind {
	case "htb":
		return layout{
			{"lends", counter32}, {"borrows", counter32}, {"giants", counter32}, {"tokens", signed32}, {"ctokens", signed32},
		}
	case "hfsc":
		return layout{{"work", counter64}, {"rtwork", counter64}, {"period", gauge32}, {"level", gauge32}}
	case "sfq":
		return layout{{"allot", signed32}}
	case "drr":
		return layout{{"deficit", gauge32}}
	case "qfq":
		return layout{{"weight", gauge32}, {"lmax", gauge32}}
	case "cbq":
		return layout{{"borrows", counter32}, {"overactions", counter32}, {"avgidle", signed32}, {"undertime", signed32}}
	}
	return nil
}

func redFields() layout {
	return layout{{"early", counter32}, {"pdrop", counter32}, {"other", counter32}, {"marked", counter32}}
}

// fqFields are those of struct tc_fq_qd_stats. The bands came with Linux 6.7.
func fqFields() layout {
	return layout{
		{"gc_flows", counter64}, {"highprio_packets", counter64}, {"tcp_retrans", counter64}, {"throttled", counter64},
		{"flows_plimit", counter64}, {"pkts_too_long", counter64}, {"allocation_errors", counter64},
		{"time_next_delayed_flow", signed64}, {"flows", gauge32}, {"inactive_flows", gauge32}, {"throttled_flows", gauge32},
		{"unthrottle_latency_ns", gauge32}, {"ce_mark", counter64}, {"horizon_drops", counter64}, {"horizon_caps", counter64},
		{"fastpath_packets", counter64}, {"band_drops_0", counter64}, {"band_drops_1", counter64}, {"band_drops_2", counter64},
		{"band_pkt_count_0", gauge32}, {"band_pkt_count_1", gauge32}, {"band_pkt_count_2", gauge32}, {"", padding32},
	}
}

// fqCodelXStats gives the fields of one of the two structs that fq_codel has.
func fqCodelXStats(class bool) layout {
	if class {
		return layout{
			{"deficit", signed32}, {"ldelay", gauge32}, {"count", gauge32}, {"lastcount", gauge32}, {"dropping", gauge32},
			{"drop_next", signed32},
		}
	}
	return layout{
		{"maxpacket", gauge32}, {"drop_overlimit", counter32}, {"ecn_mark", counter32}, {"new_flow_count", counter32},
		{"new_flows_len", gauge32}, {"old_flows_len", gauge32}, {"ce_mark", counter32}, {"memory_usage", gauge32},
		{"drop_overmemory", counter32},
	}
}

func (q *Qdisc) readXStats(data []byte) error {
	if len(data) == 0 {
		return nil
	}
	var fields layout
	place := 0 // in the struct, in 32 bits each
	switch q.Kind {
	case "cake", "cake_mq":
		return q.cakeStats(data)
	case "taprio":
		return q.taprioStats(data)
	case "fq_codel":
		if len(data) < 4 {
			return fmt.Errorf("%d bytes are no statistics of fq_codel", len(data))
		}
		// Types of a newer kernel are passed on without names.
		if kind := binary.NativeEndian.Uint32(data); kind <= 1 {
			fields = fqCodelXStats(kind == 1)
			data, place = data[4:], 1
		}
	default:
		fields = xstatsOf(q.Kind)
	}
	var err error
	start := len(data)
	q.XStats, data, err = fields.read(make([]Named, 0, len(fields)), data)
	place += (start - len(data)) / 4
	q.XStats = unknown(q.XStats, xstatPrefix, data, place, 4, true)
	if q.Kind == "fq" {
		q.addBands()
	}
	return err
}

// addBands adds the drops of the three bands of fq as one number.
func (q *Qdisc) addBands() {
	total := Named{Name: "band_drops", Bits: 64}
	found := false
	for _, n := range q.XStats {
		switch n.Name {
		case "band_drops_0", "band_drops_1", "band_drops_2":
			total.Value += n.Value
			found = true
		}
	}
	if found {
		q.XStats = append(q.XStats, total)
	}
}
