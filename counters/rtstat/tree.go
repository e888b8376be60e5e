package rtstat

import (
	"fmt"
	"strconv"

	"dropwatch/counters/internal/nldump"
)

// A leaf is a statistic that is an attribute of its own. An empty name leaves it
// out.
type leaf struct {
	name  string
	gauge bool
}

// cakeLeaves are named by TCA_CAKE_STATS_*, from 2 on.
var cakeLeaves = [...]leaf{
	{"capacity_estimate64", true}, {"memory_limit", true}, {"memory_used", true}, {"avg_netoff", true}, {"min_netlen", true},
	{"max_netlen", true}, {"min_adjlen", true}, {"max_adjlen", true}, {}, {"deficit", true}, {"cobalt_count", true},
	{"dropping", true}, {"drop_next_us", true}, {"p_drop", true}, {"blue_timer_us", true},
	{"active_queues", true},
}

// tinLeaves are named by TCA_CAKE_TIN_STATS_*, from 2 on.
var tinLeaves = [...]leaf{
	{"sent_packets", false}, {"sent_bytes64", false}, {"dropped_packets", false}, {"dropped_bytes64", false},
	{"acks_dropped_packets", false}, {"acks_dropped_bytes64", false}, {"ecn_marked_packets", false},
	{"ecn_marked_bytes64", false}, {"backlog_packets", true}, {"backlog_bytes", true}, {"threshold_rate64", true},
	{"target_us", true}, {"interval_us", true}, {"way_indirect_hits", false}, {"way_misses", false},
	{"way_collisions", false}, {"peak_delay_us", true}, {"avg_delay_us", true}, {"base_delay_us", true},
	{"sparse_flows", true}, {"bulk_flows", true}, {"unresponsive_flows", true}, {"max_skblen", true}, {"flow_quantum", true},
}

const (
	firstLeaf = 2  // 0 is unused, 1 pads
	cakeTins  = 10 // TCA_CAKE_STATS_TIN_STATS
	maxTins   = 64 // the kernel has 8
)

// cakeSigned tells which statistics of cake can be negative.
func cakeSigned(kind uint16) bool {
	return kind == 11 || kind == 14 || kind == 16 // deficit, drop_next_us, blue_timer_us
}

func (q *Qdisc) cakeStats(data []byte) error {
	a := nldump.Walk(data)
	for a.Next() {
		if a.Type() == cakeTins {
			a.Fail("TCA_CAKE_STATS_TIN_STATS", q.cakeTins(a.Nest()))
			continue
		}
		if n, ok := readLeaf(&a, "", cakeLeaves[:]); ok {
			if cakeSigned(a.Type()) && n.Bits == 32 {
				n.Value, n.Signed = uint64(int64(int32(n.Value))), true
			}
			q.XStats = append(q.XStats, n)
		}
	}
	return a.Err()
}

// cakeTins reads the statistics of each tin: tin0_dropped_packets and so on.
func (q *Qdisc) cakeTins(tins nldump.Attributes) error {
	for tins.Next() {
		if tins.Type() == 0 || tins.Type() > maxTins {
			tins.Fail("tin", fmt.Errorf("number %d is not one of 1 to %d", tins.Type(), maxTins))
			continue
		}
		prefix := "tin" + strconv.Itoa(int(tins.Type())-1) + "_"
		a := tins.Nest()
		for a.Next() {
			if n, ok := readLeaf(&a, prefix, tinLeaves[:]); ok {
				q.XStats = append(q.XStats, n)
			}
		}
		tins.Fail(prefix, a.Err())
	}
	return tins.Err()
}

// taprioLeaves are named by TCA_TAPRIO_OFFLOAD_STATS_*, from 2 on.
var taprioLeaves = [...]leaf{{"window_drops", false}, {"tx_overruns", false}}

func (q *Qdisc) taprioStats(data []byte) error {
	a := nldump.Walk(data)
	for a.Next() {
		if n, ok := readLeaf(&a, "", taprioLeaves[:]); ok {
			q.XStats = append(q.XStats, n)
		}
	}
	return a.Err()
}

// readLeaf makes the attribute at hand a statistic. Those of a newer kernel are
// named by their type.
func readLeaf(a *nldump.Attributes, prefix string, leaves []leaf) (Named, bool) {
	place := int(a.Type()) - firstLeaf
	if place < 0 {
		return Named{}, false
	}
	l := leaf{xstatPrefix + strconv.Itoa(int(a.Type())), true}
	if place < len(leaves) {
		l = leaves[place]
	} else if len(a.Bytes()) != 4 && len(a.Bytes()) != 8 {
		return Named{}, false // no number
	}
	value, bits := a.Number(l.name)
	return Named{Name: prefix + l.name, Value: value, Bits: bits, Gauge: l.gauge}, bits != 0 && l.name != ""
}
