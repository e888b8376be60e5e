package ethstat

import (
	"encoding/binary"
	"fmt"

	"dropwatch/counters/internal/nldump"
)

// A sideKind is a group of statistics that comes with settings.
type sideKind struct {
	group          string
	command, reply uint8
	nest           uint16 // with the statistics
	names          []string
}

func pauseKind() sideKind {
	// ETHTOOL_MSG_PAUSE_GET; the names are those of ETHTOOL_A_PAUSE_STAT_*.
	return sideKind{"pause", 21, 22, 5, []string{"tx_frames", "rx_frames"}}
}

func fecKind() sideKind {
	// ETHTOOL_MSG_FEC_GET; the names are those of struct ethtool_fec_stats.
	return sideKind{"fec", 29, 30, 5, []string{"corrected_blocks", "uncorrectable_blocks", "corrected_bits"}}
}

// withStats asks for statistics too (ETHTOOL_FLAG_STATS).
const withStats = 1 << 2

func (c *Conn) side(kind sideKind) ([]Device, error) {
	header := nldump.Append(nil, 3, nldump.Uint32(withStats)) // ETHTOOL_A_HEADER_FLAGS
	return collect(c, nest(request(kind.command), 1, header), kind.reply, kind.decode)
}

func (kind sideKind) decode(a nldump.Attributes) (Device, bool, error) {
	var d Device
	for a.Next() {
		var err error
		switch a.Type() {
		case 1:
			d.Index, d.Name, err = decodeHeader(a.Nest())
		case kind.nest:
			d.Stats, err = kind.stats(a.Nest())
		}
		a.Fail(fmt.Sprintf("%d of %s", a.Type(), kind.group), err)
	}
	if err := a.Err(); err != nil {
		return Device{}, false, fmt.Errorf("decode %s statistics of %s: %w", kind.group, d.Name, err)
	}
	return d, d.Index != 0 && len(d.Stats) > 0, nil
}

// stats reads numbers of 64 bits; of several in one attribute the first is the
// sum of the others, which are single lanes of the cable.
func (kind sideKind) stats(a nldump.Attributes) ([]Stat, error) {
	const first = 2 // 0 is unused, 1 pads
	var stats []Stat
	for a.Next() {
		place, data := int(a.Type())-first, a.Bytes()
		if place < 0 || len(data) == 0 { // not counted by this device
			continue
		}
		if len(data)%8 != 0 {
			a.Fail(at(kind.names, place, "stat"), fmt.Errorf("%d bytes are no numbers of 64 bits", len(data)))
			continue
		}
		stats = append(stats, Stat{kind.group + "." + at(kind.names, place, "stat"), binary.NativeEndian.Uint64(data)})
	}
	return stats, a.Err()
}
