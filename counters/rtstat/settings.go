package rtstat

import (
	"encoding/binary"
	"fmt"
	"math"

	"dropwatch/counters/internal/nldump"
)

// An option is a setting that is an attribute in TCA_OPTIONS.
type option struct {
	attribute  uint16
	name, unit string
}

// optionsOf are the settings of the kinds that have an attribute for each.
func optionsOf(kind string) []option {
	switch kind {
	case "fq":
		return []option{
			{1, "limit", "packets"}, {2, "flow_limit", "packets"}, {7, "maxrate", "bytes/s"}, {14, "horizon", "us"},
			{15, "horizon_drop", ""},
		}
	case "fq_codel":
		return []option{
			{2, "limit", "packets"}, {5, "flows", "flows"}, {1, "target", "us"}, {3, "interval", "us"},
			{9, "memory_limit", "bytes"},
		}
	case "codel":
		return []option{{2, "limit", "packets"}, {1, "target", "us"}, {3, "interval", "us"}}
	case "pie":
		return []option{{2, "limit", "packets"}, {1, "target", "us"}}
	case "fq_pie":
		return []option{{1, "limit", "packets"}, {2, "flows", "flows"}, {3, "target", "us"}, {8, "memory_limit", "bytes"}}
	case "dualpi2":
		return []option{{1, "limit", "packets"}, {2, "memory_limit", "bytes"}}
	case "hhf":
		return []option{{1, "limit", "packets"}}
	case "cake", "cake_mq":
		return []option{{2, "bandwidth", "bytes/s"}, {7, "rtt", "us"}, {10, "memlimit", "bytes"}}
	case "gred":
		return []option{{5, "limit", "bytes"}}
	}
	return nil
}

// A slot is a setting of 32 bits in a struct.
type slot struct {
	offset     int
	name, unit string
}

// slotsOf are the settings of the kinds that have a struct: where it is (0: it
// begins TCA_OPTIONS, else the attribute), and what is in it.
func slotsOf(kind string) (attribute uint16, slots []slot) {
	switch kind {
	case "pfifo", "pfifo_head_drop", "skbprio":
		return 0, []slot{{0, "limit", "packets"}}
	case "bfifo":
		return 0, []slot{{0, "limit", "bytes"}}
	case "netem": // loss is a share of 2^32
		return 0, []slot{{4, "limit", "packets"}, {8, "loss", ""}}
	case "sfq": // the limit of a flow is called depth
		return 0, []slot{{8, "limit", "packets"}, {20, "depth", "packets"}}
	case "red":
		return 1, []slot{{0, "limit", "bytes"}, {4, "min", "bytes"}, {8, "max", "bytes"}}
	case "choke":
		return 1, []slot{{0, "limit", "packets"}, {4, "min", "packets"}, {8, "max", "packets"}}
	case "sfb":
		return 1, []slot{{24, "limit", "packets"}, {8, "max", "packets"}, {28, "penalty_rate", "packets/s"}, {32, "penalty_burst", "packets"}}
	}
	return 0, nil
}

// readOptions reads the settings, and the statistics that a few kinds keep among
// them.
func (q *Qdisc) readOptions(data []byte) error {
	if len(data) == 0 {
		return nil
	}
	switch q.Kind {
	case "tbf":
		return q.tbf(data)
	case "htb":
		return q.htb(data)
	}
	if _, slots := slotsOf(q.Kind); slots != nil {
		return q.readSlots(data)
	}
	known := optionsOf(q.Kind)
	if known == nil {
		return nil
	}
	a := nldump.Walk(data)
	for a.Next() {
		if q.Kind == "gred" && a.Type() == gredQueues {
			a.Fail("TCA_GRED_VQ_LIST", q.gredQueues(a.Nest()))
			continue
		}
		for _, o := range known {
			if o.attribute == a.Type() {
				value, bits := a.Number(o.name)
				q.set(Setting{o.name, value, o.unit}, bits)
			}
		}
	}
	return a.Err()
}

// set keeps a setting unless it stands for no limit: all bits, or a rate of 0.
func (q *Qdisc) set(s Setting, bits uint8) {
	unlimited := s.Unit != "" && bits >= 32 && s.Value == math.MaxUint64>>(64-bits) || s.Unit == "bytes/s" && s.Value == 0
	if !unlimited {
		q.Settings = append(q.Settings, s)
	}
}

func (q *Qdisc) readSlots(data []byte) error {
	attribute, slots := slotsOf(q.Kind)
	if attribute != 0 {
		var err error
		if data, err = within(data, attribute); err != nil || data == nil {
			return err
		}
	}
	for _, s := range slots {
		if s.offset+4 <= len(data) { // an older kernel's struct may be shorter
			q.set(Setting{s.name, uint64(binary.NativeEndian.Uint32(data[s.offset:])), s.unit}, 32)
		}
	}
	if q.Kind == "sfq" && len(data) > sfqStats {
		return q.sfqStats(data[sfqStats:])
	}
	return nil
}

// within is one of some attributes, nil if it is not there.
func within(data []byte, attribute uint16) ([]byte, error) {
	a := nldump.Walk(data)
	for a.Next() {
		if a.Type() == attribute {
			return a.Bytes(), nil
		}
	}
	return nil, a.Err()
}

// sfqStats is where struct tc_sfq_qopt_v1 has its statistics.
const sfqStats = 48

func (q *Qdisc) sfqStats(data []byte) (err error) {
	fields := layout{
		{"prob_drop", counter32}, {"forced_drop", counter32}, {"prob_mark", counter32}, {"forced_mark", counter32},
		{"prob_mark_head", counter32}, {"forced_mark_head", counter32},
	}
	q.XStats, _, err = fields.read(q.XStats, data)
	return err
}

const (
	gredQueues = 6 // TCA_GRED_VQ_LIST
	gredQueue  = 1 // TCA_GRED_VQ_ENTRY
	maxVirtual = 256
)

// gredLeaves are named by TCA_GRED_VQ_*, from 2 on.
var gredLeaves = [...]leaf{
	{}, {"bytes", false}, {"packets", false}, {"backlog", true}, {"prob_drop", false}, {"prob_mark", false},
	{"forced_drop", false}, {"forced_mark", false}, {"pdrop", false}, {"other", false}, {},
}

// gredQueues reads the statistics of the virtual queues: vq0_prob_drop and so on.
func (q *Qdisc) gredQueues(queues nldump.Attributes) error {
	for i := 0; i < maxVirtual && queues.Next(); i++ {
		if queues.Type() != gredQueue {
			continue
		}
		number, err := within(queues.Bytes(), firstLeaf) // TCA_GRED_VQ_DP
		if err == nil && len(number) != 4 {
			err = fmt.Errorf("no number of the virtual queue")
		}
		if err != nil {
			return err
		}
		prefix := fmt.Sprintf("vq%d_", binary.NativeEndian.Uint32(number))
		a := queues.Nest()
		for a.Next() {
			if n, ok := readLeaf(&a, prefix, gredLeaves[:]); ok {
				q.XStats = append(q.XStats, n)
			}
		}
		queues.Fail(prefix, a.Err())
	}
	return queues.Err()
}
