package scenario

import (
	"encoding/binary"
	"net/netip"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

func familyOf(a netip.Addr) uint8 { return uint8(domainOf(a)) }

// addressChange speaks of an address of a link, with the length of its network.
func addressChange(text string, kind netlink.HeaderType, address netip.Prefix, dev string) change {
	// struct ifaddrmsg
	header := []byte{familyOf(address.Addr()), byte(address.Bits()), 0, unix.RT_SCOPE_UNIVERSE}
	if address.Addr().Is6() {
		header[2] = unix.IFA_F_NODAD // nobody else can have it
	}
	return change{
		text: words(text, address, "of", dev), kind: kind,
		header: binary.NativeEndian.AppendUint32(header, indexOf(dev)),
		attributes: func(e *netlink.AttributeEncoder) error {
			e.Bytes(unix.IFA_LOCAL, address.Addr().AsSlice())
			e.Bytes(unix.IFA_ADDRESS, address.Addr().AsSlice())
			return nil
		},
	}
}

func addAddress(address netip.Prefix, dev string) change {
	c := addressChange("add address", unix.RTM_NEWADDR, address, dev)
	c.flags = netlink.Create | netlink.Excl
	return c
}

func removeAddress(address netip.Prefix, dev string) change {
	return addressChange("remove address", unix.RTM_DELADDR, address, dev)
}

// pinNeighbour tells the kernel for ever where an address is.
func pinNeighbour(address netip.Addr, mac [6]byte, dev string) change {
	header := []byte{familyOf(address), 0, 0, 0} // struct ndmsg
	header = binary.NativeEndian.AppendUint32(header, indexOf(dev))
	header = binary.NativeEndian.AppendUint16(header, unix.NUD_PERMANENT)
	return change{
		text: words("pin neighbour", address), kind: unix.RTM_NEWNEIGH, flags: netlink.Create | netlink.Replace,
		header: append(header, 0, unix.RTN_UNICAST),
		attributes: func(e *netlink.AttributeEncoder) error {
			e.Bytes(unix.NDA_DST, address.AsSlice())
			e.Bytes(unix.NDA_LLADDR, mac[:])
			return nil
		},
	}
}

// A route leads to a network through a gateway, a device or, if it is of one of
// the kinds that refuse, nowhere.
type route struct {
	to      netip.Prefix
	gateway netip.Addr
	dev     string
	refusal uint8 // RTN_BLACKHOLE, ...; 0 for none
}

// defaultRoute leads everywhere.
func defaultRoute(gateway netip.Addr) route {
	unspecified := netip.IPv4Unspecified()
	if gateway.Is6() {
		unspecified = netip.IPv6Unspecified()
	}
	return route{to: netip.PrefixFrom(unspecified, 0), gateway: gateway}
}

// header is struct rtmsg.
func (r route) header(scope uint8) []byte {
	kind := r.refusal
	if kind == 0 {
		kind = unix.RTN_UNICAST
	}
	return []byte{familyOf(r.to.Addr()), byte(r.to.Bits()), 0, 0, unix.RT_TABLE_MAIN, unix.RTPROT_BOOT, scope, kind, 0, 0, 0, 0}
}

func (r route) attributes(e *netlink.AttributeEncoder) error {
	if r.to.Bits() > 0 {
		e.Bytes(unix.RTA_DST, r.to.Addr().AsSlice())
	}
	if r.gateway.IsValid() {
		e.Bytes(unix.RTA_GATEWAY, r.gateway.AsSlice())
	}
	if r.dev != "" {
		e.Uint32(unix.RTA_OIF, indexOf(r.dev))
	}
	return nil
}

func addRoute(r route) change {
	scope := uint8(unix.RT_SCOPE_UNIVERSE)
	if r.dev != "" && !r.gateway.IsValid() {
		scope = unix.RT_SCOPE_LINK
	}
	return change{
		text: words("add route", r), kind: unix.RTM_NEWROUTE, flags: netlink.Create | netlink.Excl,
		header: r.header(scope), attributes: r.attributes,
	}
}

func removeRoute(r route) change {
	return change{
		text: words("remove route", r), kind: unix.RTM_DELROUTE,
		header: r.header(unix.RT_SCOPE_NOWHERE), attributes: r.attributes,
	}
}
