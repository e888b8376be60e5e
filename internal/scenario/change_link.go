package scenario

import (
	"encoding/binary"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// linkHeader is struct ifinfomsg.
func linkHeader(family uint8, index, flags, mask uint32) []byte {
	header := make([]byte, 4, unix.SizeofIfInfomsg)
	header[0] = family
	header = binary.NativeEndian.AppendUint32(header, index)
	header = binary.NativeEndian.AppendUint32(header, flags)
	return binary.NativeEndian.AppendUint32(header, mask)
}

// A setting is an attribute of a link.
type setting func(*netlink.AttributeEncoder) error

func mtu(bytes uint32) setting {
	return func(e *netlink.AttributeEncoder) error { e.Uint32(unix.IFLA_MTU, bytes); return nil }
}

func queueLength(packets uint32) setting {
	return func(e *netlink.AttributeEncoder) error { e.Uint32(unix.IFLA_TXQLEN, packets); return nil }
}

func named(name string) setting {
	return func(e *netlink.AttributeEncoder) error { e.String(unix.IFLA_IFNAME, name); return nil }
}

func hardwareAddress(mac [6]byte) setting {
	return func(e *netlink.AttributeEncoder) error { e.Bytes(unix.IFLA_ADDRESS, mac[:]); return nil }
}

// master puts a link into a bridge; without a name it takes it out.
func master(name string) setting {
	return func(e *netlink.AttributeEncoder) error {
		index := uint32(0)
		if name != "" {
			index = indexOf(name)
		}
		e.Uint32(unix.IFLA_MASTER, index)
		return nil
	}
}

// setFlags changes the flags of a link that are in mask.
func setFlags(dev string, flags, mask uint32) change {
	c := setLink(dev)
	c.text, c.header = words("set flags of", dev), linkHeader(unix.AF_UNSPEC, indexOf(dev), flags, mask)
	return c
}

// upQuiet brings a link up. Without ARP and multicast flags IPv6 joins no
// groups and therefore sends no reports about them.
func upQuiet(dev string) change {
	return setFlags(dev, unix.IFF_UP|unix.IFF_NOARP, unix.IFF_UP|unix.IFF_NOARP|unix.IFF_MULTICAST)
}

func up(dev string) change   { return setFlags(dev, unix.IFF_UP, unix.IFF_UP) }
func down(dev string) change { return setFlags(dev, 0, unix.IFF_UP) }

// arpOn lets the kernel ask for neighbours behind a link.
func arpOn(dev string) change { return setFlags(dev, 0, unix.IFF_NOARP) }

// setLink changes settings of a link.
func setLink(dev string, settings ...setting) change {
	return change{
		text: words("change", dev), kind: unix.RTM_NEWLINK, header: linkHeader(unix.AF_UNSPEC, indexOf(dev), 0, 0),
		attributes: func(e *netlink.AttributeEncoder) error {
			for _, set := range settings {
				if err := set(e); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// ofKind is what only links of a kind have.
func ofKind(kind string, data setting) setting {
	return func(e *netlink.AttributeEncoder) error {
		e.Nested(unix.IFLA_LINKINFO, func(e *netlink.AttributeEncoder) error {
			e.String(unix.IFLA_INFO_KIND, kind)
			e.Nested(unix.IFLA_INFO_DATA, data)
			return nil
		})
		return nil
	}
}

func newLink(dev, kind string, data setting, more ...setting) change {
	c := setLink(dev, append(more, named(dev), ofKind(kind, data))...)
	c.text, c.flags = words("add", kind, dev), netlink.Create|netlink.Excl
	return c
}

// portState is what the program of a spanning tree sets for a port of a bridge.
func portState(dev string, state uint8) change {
	return change{
		text: words("set state of port", dev), kind: unix.RTM_SETLINK,
		header: linkHeader(unix.AF_BRIDGE, indexOf(dev), 0, 0),
		attributes: func(e *netlink.AttributeEncoder) error {
			e.Nested(unix.IFLA_PROTINFO, func(e *netlink.AttributeEncoder) error {
				e.Uint8(unix.IFLA_BRPORT_STATE, state)
				return nil
			})
			return nil
		},
	}
}

// newPair joins two namespaces with a wire; it is made in that of left.
func newPair(left, right end, rightNamespace int) change {
	const peer = 1 // VETH_INFO_PEER
	return newLink(left.name, "veth", func(e *netlink.AttributeEncoder) error {
		e.Do(peer, func() ([]byte, error) {
			attributes, err := encode(func(e *netlink.AttributeEncoder) error {
				e.String(unix.IFLA_IFNAME, right.name)
				e.Bytes(unix.IFLA_ADDRESS, right.mac[:])
				e.Uint32(unix.IFLA_NET_NS_FD, uint32(rightNamespace))
				return nil
			})
			return append(linkHeader(unix.AF_UNSPEC, right.index, 0, 0), attributes...), err
		})
		return nil
	}, hardwareAddress(left.mac))
}
