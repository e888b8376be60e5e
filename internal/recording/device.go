package recording

import (
	"fmt"

	"dropwatch/dropmon"
	"dropwatch/internal/export/pcapng"
	"dropwatch/internal/session"
)

// maxDevices is how many interfaces a file has, but for the last ones, which
// stand for all further ones.
const maxDevices = 4096

// A place is what has an interface of its own in the file.
type place struct {
	netns  dropmon.NetNS
	device dropmon.Interface
	link   uint16
}

// A device is an interface of the file.
type device struct {
	number   uint32
	received uint64 // packets
}

func placeOf(e *session.Entry) place {
	return place{netns: e.NetNS, device: e.Interface, link: linkOf(e)}
}

// linkOf tells with what the bytes of a packet begin.
func linkOf(e *session.Entry) uint16 {
	switch {
	case e.LinkLength == 14 || e.LinkLength == 18 || e.LinkLength == 22: // with VLAN tags
		return linkEthernet
	case e.LinkLength == 0 && (e.Protocol == dropmon.EtherTypeIPv4 || e.Protocol == dropmon.EtherTypeIPv6):
		return linkRaw
	}
	return linkUser
}

func (p place) describe(snap uint32) pcapng.Interface {
	i := pcapng.Interface{Name: p.device.Name, LinkType: p.link, Snap: snap}
	switch {
	case p.device == dropmon.Interface{}:
		i.Name = "none"
	case i.Name == "":
		i.Name = fmt.Sprintf("interface %d", p.device.Index)
	}
	switch {
	case p.netns.Inode != 0 && p.netns.Name != "":
		i.Description = fmt.Sprintf("netns %s (%d)", p.netns.Name, p.netns.Inode)
	case p.netns.Inode != 0:
		i.Description = fmt.Sprintf("netns %d", p.netns.Inode)
	}
	return i
}

// others stands for all places for which there is no room.
func (p place) others() place {
	return place{netns: dropmon.NetNS{}, device: dropmon.Interface{Name: "others"}, link: p.link}
}
