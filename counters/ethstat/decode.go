package ethstat

import (
	"encoding/binary"
	"errors"
	"fmt"

	"dropwatch/counters/internal/nldump"
)

// putBit sets a bit of a word of a bitset, which has the byte order of the host.
func putBit(word []byte, bit int) {
	binary.NativeEndian.PutUint32(word, binary.NativeEndian.Uint32(word)|1<<bit)
}

// decodeReply reads the attributes of ETHTOOL_MSG_STATS_GET_REPLY.
func decodeReply(a nldump.Attributes) (reply, bool, error) {
	var r reply
	for a.Next() {
		var err error
		switch a.Type() {
		case 2:
			r.index, r.name, err = decodeHeader(a.Nest())
		case 4:
			var g group
			// A driver that lacks a group answers with an empty one.
			if g, err = decodeGroup(a.Nest()); len(g.stats)+len(g.buckets) > 0 {
				r.groups = append(r.groups, g)
			}
		}
		a.Fail(fmt.Sprintf("%d of ETHTOOL_A_STATS", a.Type()), err)
	}
	if err := a.Err(); err != nil {
		return reply{}, false, fmt.Errorf("decode statistics of %s: %w", r.name, err)
	}
	return r, r.index != 0 && len(r.groups) > 0, nil
}

// decodeGroup reads ETHTOOL_A_STATS_GRP_*.
func decodeGroup(a nldump.Attributes) (group, error) {
	var g group
	found := 0
	for a.Next() {
		var err error
		switch a.Type() {
		case 2:
			g.id = a.Uint32("ETHTOOL_A_STATS_GRP_ID")
			found |= 1
		case 3:
			g.set = a.Uint32("ETHTOOL_A_STATS_GRP_SS_ID")
			found |= 2
		case 4:
			g.stats, err = decodeStat(g.stats, a.Nest())
		case 5:
			g.buckets, err = decodeBucket(g.buckets, "rx", a.Nest())
		case 6:
			g.buckets, err = decodeBucket(g.buckets, "tx", a.Nest())
		}
		a.Fail(fmt.Sprintf("%d of ETHTOOL_A_STATS_GRP", a.Type()), err)
	}
	if a.Err() == nil && found != 3 {
		return g, errors.New("a group without its number")
	}
	return g, a.Err()
}

// decodeStat reads a nest whose only attribute has the place of the name as its
// type. On some processors an empty one pads it.
func decodeStat(to []numbered, a nldump.Attributes) ([]numbered, error) {
	for a.Next() {
		if len(a.Bytes()) > 0 {
			to = append(to, numbered{a.Type(), a.Uint64("of a statistic")})
		}
	}
	return to, a.Err()
}

func decodeBucket(to []bucket, direction string, a nldump.Attributes) ([]bucket, error) {
	b := bucket{direction: direction}
	for a.Next() {
		switch a.Type() {
		case 7:
			b.low = a.Uint32("ETHTOOL_A_STATS_GRP_HIST_BKT_LOW")
		case 8:
			b.high = a.Uint32("ETHTOOL_A_STATS_GRP_HIST_BKT_HI")
		case 9:
			b.value = a.Uint64("ETHTOOL_A_STATS_GRP_HIST_VAL")
		}
	}
	return append(to, b), a.Err()
}
