package rtstat

import (
	"encoding/binary"
	"fmt"

	"dropwatch/counters/internal/nldump"
)

// Attributes in TCA_STATS2.
const (
	statsBasic  = 1 // TCA_STATS_BASIC
	statsQueue  = 3 // TCA_STATS_QUEUE
	statsApp    = 4 // TCA_STATS_APP
	statsPkt64  = 8 // TCA_STATS_PKT64, since Linux 5.5
	sizeofBasic = 12
)

var (
	queueFields = [...]field{ // struct gnet_stats_queue
		{"qlen", gauge32}, {"backlog", gauge32}, {"dropped", counter32}, {"requeues", counter32}, {"overlimits", counter32},
	}
	oldFields = [...]field{ // struct tc_stats
		{"bytes", counter64}, {"packets", counter32}, {"dropped", counter32}, {"overlimits", counter32},
		{"bps", gauge32}, {"pps", gauge32}, {"qlen", gauge32}, {"backlog", gauge32},
	}
)

// stats2 reads the statistics that all kinds have.
func (q *Qdisc) stats2(a nldump.Attributes, parts *tcParts) error {
	q.Stats = make([]Named, 0, 2+len(queueFields))
	packets := -1 // where they are in Stats
	for a.Next() {
		data := a.Bytes()
		switch a.Type() {
		case statsBasic:
			if len(data) < sizeofBasic {
				a.Fail("TCA_STATS_BASIC", fmt.Errorf("has %d bytes, not %d", len(data), sizeofBasic))
				continue
			}
			packets = len(q.Stats) + 1
			q.Stats = append(q.Stats,
				Named{Name: "bytes", Value: binary.NativeEndian.Uint64(data), Bits: 64},
				// Above 32 bits the kernel tells the rest by TCA_STATS_PKT64.
				Named{Name: "packets", Value: uint64(binary.NativeEndian.Uint32(data[8:])), Bits: 64})
		case statsPkt64:
			if value := a.Uint64("TCA_STATS_PKT64"); packets >= 0 {
				q.Stats[packets].Value = value
			}
		case statsQueue:
			var err error
			q.Stats, _, err = layout(queueFields[:]).read(q.Stats, data)
			a.Fail("TCA_STATS_QUEUE", err)
		case statsApp:
			parts.app = data
		}
	}
	return a.Err()
}

// oldStats reads what came before TCA_STATS2.
func (q *Qdisc) oldStats(data []byte) (err error) {
	q.Stats, _, err = layout(oldFields[:]).read(nil, data)
	return err
}
