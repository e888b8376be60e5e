package ethstat

import (
	"fmt"
	"slices"

	"dropwatch/counters/internal/nldump"
)

// A Device has the standard statistics of one interface. Their names are
// GROUP.NAME:
//
//	eth-phy.SymbolErrorDuringCarrier, eth-mac.FrameCheckSequenceErrors,
//	eth-ctrl.UnsupportedOpcodesReceived, rmon.etherStatsFragments   Linux 5.13
//	rmon.rx-etherStatsPkts65to127Octets, by size of the frames      Linux 5.13
//	pause.tx_frames, pause.rx_frames: asked to stop sending         Linux 5.10
//	fec.corrected_blocks, fec.uncorrectable_blocks, fec.corrected_bits   Linux 5.13
type Device struct {
	Index uint32
	Name  string
	Stats []Stat
}

const (
	statsGet   = 32 // ETHTOOL_MSG_STATS_GET
	statsReply = 33 // ETHTOOL_MSG_STATS_GET_REPLY

	groupsSet = 16 // ETH_SS_STATS_STD: the names of the groups
)

// Standard reads the standard statistics of all devices in the namespace.
// Devices without any are absent. Without ethtool netlink (Linux 5.6) the error
// wraps errors.ErrUnsupported.
func (c *Conn) Standard() ([]Device, error) {
	if c.familyErr != nil {
		return nil, fmt.Errorf("read standard statistics: %w", c.familyErr)
	}
	groups, err := c.groups()
	if err != nil {
		return nil, fmt.Errorf("read standard statistics: %w", err)
	}
	devices := map[uint32]*Device{}
	add := func(index uint32, name string, stats []Stat) {
		if devices[index] == nil {
			devices[index] = &Device{Index: index, Name: name}
		}
		devices[index].Stats = append(devices[index].Stats, stats...)
	}
	for _, g := range groups {
		stats, err := c.name(g)
		if err != nil {
			return nil, fmt.Errorf("read standard statistics of %s: %w", g.name, err)
		}
		add(g.index, g.name, stats)
	}
	for _, kind := range []sideKind{pauseKind(), fecKind()} {
		rows, err := c.side(kind)
		if err != nil {
			return nil, fmt.Errorf("read %s statistics: %w", kind.group, err)
		}
		for _, d := range rows {
			add(d.Index, d.Name, d.Stats)
		}
	}
	var sorted []Device
	for _, d := range devices {
		if len(d.Stats) > 0 {
			sorted = append(sorted, *d)
		}
	}
	slices.SortFunc(sorted, func(a, b Device) int { return int(a.Index) - int(b.Index) })
	return sorted, nil
}

// groups reads all groups that the running kernel has. There are none before
// Linux 5.13.
func (c *Conn) groups() ([]reply, error) {
	names, err := c.set(groupsSet)
	if err != nil || len(names) == 0 {
		return nil, err
	}
	bits := make([]byte, (len(names)+31)/32*4)
	for i := range names {
		putBit(bits[i/32*4:], i%32)
	}
	set := nldump.Append(nil, 1, nil)                              // ETHTOOL_A_BITSET_NOMASK
	set = nldump.Append(set, 2, nldump.Uint32(uint32(len(names)))) // ETHTOOL_A_BITSET_SIZE
	set = nldump.Append(set, 4, bits)                              // ETHTOOL_A_BITSET_VALUE
	body := nest(nest(request(statsGet), 2, nil), 3, set)          // ETHTOOL_A_STATS_HEADER, _GROUPS
	return collect(c, body, statsReply, decodeReply)
}

// A reply is what one device says of all groups, without names.
type reply struct {
	index  uint32
	name   string
	groups []group
}

type group struct {
	id, set uint32
	stats   []numbered
	buckets []bucket
}

type numbered struct {
	place uint16 // in the set of names
	value uint64
}

// A bucket counts frames of some sizes.
type bucket struct {
	direction string // "rx" or "tx"
	low, high uint32 // bytes
	value     uint64
}

// name gives the statistics of a reply their names.
func (c *Conn) name(r reply) ([]Stat, error) {
	groups, err := c.set(groupsSet)
	if err != nil {
		return nil, err
	}
	var stats []Stat
	for _, g := range r.groups {
		names, err := c.set(g.set)
		if err != nil {
			return nil, err
		}
		prefix := at(groups, int(g.id), "group") + "."
		for _, n := range g.stats {
			stats = append(stats, Stat{prefix + at(names, int(n.place), "stat"), n.value})
		}
		for _, b := range g.buckets {
			stats = append(stats, Stat{fmt.Sprintf("%s%s-etherStatsPkts%dto%dOctets", prefix, b.direction, b.low, b.high), b.value})
		}
	}
	return stats, nil
}

// at is a name, or one made of the place if there are fewer.
func at(names []string, place int, what string) string {
	if place < len(names) && names[place] != "" {
		return names[place]
	}
	return fmt.Sprintf("%s_%d", what, place)
}
