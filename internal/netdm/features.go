package netdm

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Features is what the drop monitor of this kernel can do, as the family itself
// tells.
type Features struct {
	Configure bool // packet mode and settings, since Linux 5.4
	Stats     bool // statistics, since Linux 5.4
	Hardware  bool // hardware drops, since Linux 5.4
	Cookie    bool // cookies of tc rules with hardware drops, since Linux 5.7
	Reason    bool // drop reasons, since Linux 5.18
}

const (
	familyName = "NET_DM"
	groupName  = "events"
)

// family is what the generic netlink controller says of the monitor.
type family struct {
	id      uint16
	version uint8
	group   uint32
	highest uint32 // number of the last attribute
	ops     uint64 // bit set of commands
}

func (f *family) features() Features {
	has := func(command uint) bool { return f.ops&(1<<command) != 0 }
	return Features{
		Configure: has(commandConfig) && has(commandGetConfiguration),
		Stats:     has(commandGetStats),
		Hardware:  f.highest >= attributeHardware,
		Cookie:    f.highest >= attributeCookie,
		Reason:    f.highest >= attributeReason,
	}
}

func decodeFamily(body []byte) (family, error) {
	var f family
	walk := attributes{rest: body}
	for walk.next() {
		switch walk.typ {
		case unix.CTRL_ATTR_FAMILY_ID:
			f.id = walk.uint16("CTRL_ATTR_FAMILY_ID")
		case unix.CTRL_ATTR_VERSION:
			f.version = uint8(walk.uint32("CTRL_ATTR_VERSION"))
		case unix.CTRL_ATTR_MAXATTR:
			f.highest = walk.uint32("CTRL_ATTR_MAXATTR")
		case unix.CTRL_ATTR_OPS:
			f.decodeOperations(&walk)
		case unix.CTRL_ATTR_MCAST_GROUPS:
			f.decodeGroups(&walk)
		}
	}
	if walk.err != nil {
		return family{}, fmt.Errorf("decode family: %w", walk.err)
	}
	if f.id == 0 || f.group == 0 {
		return family{}, errors.New("decode family: the kernel gives no number for the family or its group of events")
	}
	return f, nil
}

func (f *family) decodeOperations(walk *attributes) {
	list := walk.nest()
	for list.next() {
		operation := list.nest()
		for operation.next() {
			if operation.typ != unix.CTRL_ATTR_OP_ID {
				continue
			}
			if id := operation.uint32("CTRL_ATTR_OP_ID"); id < 64 {
				f.ops |= 1 << id
			}
		}
		if operation.err != nil {
			list.fail("operation", operation.err)
		}
	}
	if list.err != nil {
		walk.fail("CTRL_ATTR_OPS", list.err)
	}
}

func (f *family) decodeGroups(walk *attributes) {
	list := walk.nest()
	for list.next() {
		var id uint32
		var name []byte
		group := list.nest()
		for group.next() {
			switch group.typ {
			case unix.CTRL_ATTR_MCAST_GRP_ID:
				id = group.uint32("CTRL_ATTR_MCAST_GRP_ID")
			case unix.CTRL_ATTR_MCAST_GRP_NAME:
				name = group.text()
			}
		}
		if group.err != nil {
			list.fail("group", group.err)
		}
		if string(name) == groupName {
			f.group = id
		}
	}
	if list.err != nil {
		walk.fail("CTRL_ATTR_MCAST_GROUPS", list.err)
	}
}
