package rtstat

import (
	"encoding/binary"
	"fmt"

	"dropwatch/counters/internal/nldump"
	"golang.org/x/sys/unix"
)

// A Link is a network interface.
type Link struct {
	Index uint32
	Name  string
	Type  uint16 // ARPHRD_*: 1 for Ethernet
	// Kind is what "ip link add type" calls it, such as "veth"; empty for
	// hardware and lo. PortKind is that of the master that it is a port of.
	Kind, PortKind string
	Flags          uint32 // IFF_*
	State          State
	// Carrier is whether there is a carrier; it is false while the interface is
	// down.
	Carrier bool
	// CarrierChanges is how often the carrier came or went.
	CarrierChanges uint32

	MTU        uint32 // bytes
	QueueLimit uint32 // packets that pfifo_fast and pfifo hold by default ("txqueuelen")
	Qdisc      string // kind of the root queueing discipline
	RxQueues   uint32
	TxQueues   uint32

	// Master is the index of the bridge, bond or the like that this interface is
	// a port of; 0 for none.
	Master uint32
	// Peer is the index of the other end of a veth, or of the interface below;
	// 0 for none. PeerElsewhere is set if that is in another namespace, which
	// PeerNetNS tells by its number as seen from here ("link-netnsid").
	Peer          uint32
	PeerElsewhere bool
	PeerNetNS     int32
	// XDP is whether a program is attached. Such a program can drop packets
	// that no statistic of the link counts.
	XDP bool

	// Stats are the fields of struct rtnl_link_stats64, in the order of the
	// kernel. The fields of a newer kernel are called stat_25 and so on.
	Stats []Named
}

// Up tells whether the administrator has switched the interface on.
func (l *Link) Up() bool { return l.Flags&unix.IFF_UP != 0 }

// A State is the operational state of RFC 2863.
type State uint8

func (s State) String() string {
	names := [...]string{"unknown", "not present", "down", "lower layer down", "testing", "dormant", "up"}
	if int(s) < len(names) {
		return names[s]
	}
	return fmt.Sprintf("state %d", uint8(s))
}

// linkStats are the fields of struct rtnl_link_stats64.
func linkStats() layout { return linkStatsFields[:] }

var linkStatsFields = [...]field{
	{"rx_packets", counter64}, {"tx_packets", counter64}, {"rx_bytes", counter64}, {"tx_bytes", counter64},
	{"rx_errors", counter64}, {"tx_errors", counter64}, {"rx_dropped", counter64}, {"tx_dropped", counter64},
	{"multicast", counter64}, {"collisions", counter64},
	{"rx_length_errors", counter64}, {"rx_over_errors", counter64}, {"rx_crc_errors", counter64},
	{"rx_frame_errors", counter64}, {"rx_fifo_errors", counter64}, {"rx_missed_errors", counter64},
	{"tx_aborted_errors", counter64}, {"tx_carrier_errors", counter64}, {"tx_fifo_errors", counter64},
	{"tx_heartbeat_errors", counter64}, {"tx_window_errors", counter64},
	{"rx_compressed", counter64}, {"tx_compressed", counter64},
	{"rx_nohandler", counter64}, {"rx_otherhost_dropped", counter64},
}

// readLinkStats reads a struct rtnl_link_stats64 of any release.
func readLinkStats(data []byte) ([]Named, error) {
	stats, rest, err := linkStats().read(make([]Named, 0, max(len(linkStatsFields), min(len(data)/8, maxUnknown))), data)
	return unknown(stats, "stat_", rest, len(linkStatsFields), 8, false), err
}

// DecodeLink reads the body of a RTM_NEWLINK message.
func DecodeLink(body []byte) (Link, error) { return new(Conn).link(body) }

func (c *Conn) link(body []byte) (Link, error) {
	if len(body) < unix.SizeofIfInfomsg {
		return Link{}, fmt.Errorf("decode interface: %d bytes are no ifinfomsg", len(body))
	}
	l := Link{
		Type:  binary.NativeEndian.Uint16(body[2:]),
		Index: binary.NativeEndian.Uint32(body[4:]),
		Flags: binary.NativeEndian.Uint32(body[8:]),
	}
	a := nldump.Walk(body[unix.SizeofIfInfomsg:])
	for a.Next() {
		c.linkAttribute(&l, &a)
	}
	if err := a.Err(); err != nil {
		return Link{}, fmt.Errorf("decode interface %d: %w", l.Index, err)
	}
	return l, nil
}

func (c *Conn) linkAttribute(l *Link, a *nldump.Attributes) {
	switch a.Type() {
	case unix.IFLA_IFNAME:
		l.Name = string(a.Text())
	case unix.IFLA_MTU:
		l.MTU = a.Uint32("IFLA_MTU")
	case unix.IFLA_TXQLEN:
		l.QueueLimit = a.Uint32("IFLA_TXQLEN")
	case unix.IFLA_QDISC:
		l.Qdisc = c.kind(a.Text())
	case unix.IFLA_NUM_RX_QUEUES:
		l.RxQueues = a.Uint32("IFLA_NUM_RX_QUEUES")
	case unix.IFLA_NUM_TX_QUEUES:
		l.TxQueues = a.Uint32("IFLA_NUM_TX_QUEUES")
	case unix.IFLA_OPERSTATE:
		l.State = State(a.Uint8("IFLA_OPERSTATE"))
	case unix.IFLA_CARRIER:
		l.Carrier = a.Uint8("IFLA_CARRIER") != 0
	case unix.IFLA_CARRIER_CHANGES:
		l.CarrierChanges = a.Uint32("IFLA_CARRIER_CHANGES")
	case unix.IFLA_MASTER:
		l.Master = a.Uint32("IFLA_MASTER")
	case unix.IFLA_LINK:
		l.Peer = a.Uint32("IFLA_LINK")
	case unix.IFLA_LINK_NETNSID:
		l.PeerElsewhere, l.PeerNetNS = true, int32(a.Uint32("IFLA_LINK_NETNSID"))
	case unix.IFLA_STATS64:
		var err error
		l.Stats, err = readLinkStats(a.Bytes())
		a.Fail("IFLA_STATS64", err)
	case unix.IFLA_LINKINFO:
		a.Fail("IFLA_LINKINFO", c.linkInfo(l, a.Nest()))
	case unix.IFLA_XDP:
		xdp := a.Nest()
		for xdp.Next() {
			if xdp.Type() == unix.IFLA_XDP_ATTACHED {
				l.XDP = xdp.Uint8("IFLA_XDP_ATTACHED") != 0
			}
		}
		a.Fail("IFLA_XDP", xdp.Err())
	}
}

func (c *Conn) linkInfo(l *Link, info nldump.Attributes) error {
	for info.Next() {
		switch info.Type() {
		case unix.IFLA_INFO_KIND:
			l.Kind = c.kind(info.Text())
		case unix.IFLA_INFO_SLAVE_KIND:
			l.PortKind = c.kind(info.Text())
		}
	}
	return info.Err()
}
