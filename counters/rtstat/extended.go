package rtstat

import (
	"encoding/binary"
	"fmt"

	"dropwatch/counters/internal/nldump"
	"golang.org/x/sys/unix"
)

// An Extended holds statistics that only some kinds of interfaces have.
type Extended struct {
	Index uint32
	// Stats have names made of the kernel's group and field:
	//
	//	mpls_rx_noroute       packets of MPLS (struct mpls_link_stats)
	//	stp_transition_blk    spanning tree, of a bridge or a port of one
	//	lacp_lacpdu_illegal_rx    802.3ad, of a bond or a port of one
	//	cpu_rx_dropped        what a switch handed to the CPU (Linux 4.7)
	//	l3_rx_dropped         counters of hardware routing (Linux 5.18)
	Stats []Named
}

const (
	sizeofStatsMessage = 12 // struct if_stats_msg

	statsLinkXStats      = 2 // IFLA_STATS_LINK_XSTATS
	statsPortXStats      = 3 // IFLA_STATS_LINK_XSTATS_SLAVE
	statsOffload         = 4 // IFLA_STATS_LINK_OFFLOAD_XSTATS
	statsAddressFamilies = 5 // IFLA_STATS_AF_SPEC

	// extendedStats asks for all of these (IFLA_STATS_FILTER_BIT).
	extendedStats = 1<<(statsLinkXStats-1) | 1<<(statsPortXStats-1) | 1<<(statsOffload-1) | 1<<(statsAddressFamilies-1)
)

// A branch is where a struct is in the tree of attributes.
type branch struct {
	path   [3]uint16 // attribute in attribute; 0 ends it
	prefix string
	fields layout
}

// branches are the structs that say something about loss. Those of a bridge's
// VLANs and multicast do not.
func branches() []branch {
	stp := layout{
		{"transition_blk", counter64}, {"transition_fwd", counter64}, {"rx_bpdu", counter64}, {"tx_bpdu", counter64},
		{"rx_tcn", counter64}, {"tx_tcn", counter64},
	}
	const hardware = 9 // struct rtnl_hw_stats64 has the first ones of rtnl_link_stats64
	mpls := append(append(layout{}, linkStats()[:8]...), field{"rx_noroute", counter64})
	return []branch{
		{[3]uint16{statsLinkXStats, 1, 4}, "stp_", stp}, // LINK_XSTATS_TYPE_BRIDGE, BRIDGE_XSTATS_STP
		{[3]uint16{statsPortXStats, 1, 4}, "stp_", stp},
		{[3]uint16{statsOffload, 1}, "cpu_", linkStats()},                 // IFLA_OFFLOAD_XSTATS_CPU_HIT
		{[3]uint16{statsOffload, 3}, "l3_", linkStats()[:hardware]},       // IFLA_OFFLOAD_XSTATS_L3_STATS
		{[3]uint16{statsAddressFamilies, unix.AF_MPLS, 1}, "mpls_", mpls}, // MPLS_STATS_LINK
	}
}

// bond3AD are the attributes in BOND_XSTATS_3AD; each is one number.
func bond3AD() []string {
	return []string{
		"lacpdu_rx", "lacpdu_tx", "lacpdu_unknown_rx", "lacpdu_illegal_rx",
		"marker_rx", "marker_tx", "marker_resp_rx", "marker_resp_tx", "marker_unknown_rx",
	}
}

// DecodeExtended reads the body of a RTM_NEWSTATS message.
func DecodeExtended(body []byte) (Extended, error) {
	if len(body) < sizeofStatsMessage {
		return Extended{}, fmt.Errorf("decode extended statistics: %d bytes are no if_stats_msg", len(body))
	}
	e := Extended{Index: binary.NativeEndian.Uint32(body[4:])}
	if len(body) == sizeofStatsMessage {
		return e, nil
	}
	known := branches()
	if err := e.descend(nldump.Walk(body[sizeofStatsMessage:]), [3]uint16{}, 0, known); err != nil {
		return Extended{}, fmt.Errorf("decode extended statistics of interface %d: %w", e.Index, err)
	}
	return e, nil
}

// descend goes down the tree of attributes wherever something is known below.
func (e *Extended) descend(a nldump.Attributes, path [3]uint16, depth int, known []branch) error {
	for a.Next() {
		if a.Type() == 0 { // padding
			continue
		}
		path[depth] = a.Type()
		var err error
		switch b, leads := find(known, path); {
		case b != nil:
			err = e.read(b, a.Bytes())
		case path == bondPath(statsLinkXStats), path == bondPath(statsPortXStats):
			err = e.bond(a.Nest())
		case leads && depth+1 < len(path):
			err = e.descend(a.Nest(), path, depth+1, known)
		}
		a.Fail(fmt.Sprint(a.Type()), err)
	}
	return a.Err()
}

// bondPath is where BOND_XSTATS_3AD is: in LINK_XSTATS_TYPE_BOND.
func bondPath(top uint16) [3]uint16 { return [3]uint16{top, 2, 1} }

// find is the branch with a path, and tells whether the path leads on to
// something.
func find(known []branch, path [3]uint16) (*branch, bool) {
	leads := false
	for i, b := range known {
		if b.path == path {
			return &known[i], true
		}
		leads = leads || begins(b.path, path)
	}
	return nil, leads || begins(bondPath(statsLinkXStats), path) || begins(bondPath(statsPortXStats), path)
}

func begins(path, start [3]uint16) bool {
	for i := range start {
		if start[i] != 0 && start[i] != path[i] {
			return false
		}
	}
	return true
}

func (e *Extended) read(b *branch, data []byte) error {
	start := len(e.Stats)
	stats, rest, err := b.fields.read(e.Stats, data)
	e.Stats = unknown(stats, "stat_", rest, len(b.fields), 8, false)
	for i := range e.Stats[start:] {
		e.Stats[start+i].Name = b.prefix + e.Stats[start+i].Name
	}
	return err
}

func (e *Extended) bond(a nldump.Attributes) error {
	names := bond3AD()
	for a.Next() {
		if int(a.Type()) < len(names) {
			name := names[a.Type()]
			e.Stats = append(e.Stats, Named{Name: "lacp_" + name, Value: a.Uint64(name), Bits: 64})
		}
	}
	return a.Err()
}
