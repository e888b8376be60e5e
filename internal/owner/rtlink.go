package owner

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// rtextSkipStats asks for a dump without statistics (RTEXT_FILTER_SKIP_STATS in
// linux/rtnetlink.h), which is most of its size.
const rtextSkipStats = 1 << 3

// dumpTime bounds the wait for the kernel, which answers at once.
const dumpTime = time.Second

// readLinks returns the interfaces of a namespace by index. It uses two fields
// of the answer and leaves the rest undecoded, so that a kernel or a device
// with attributes of unexpected size cannot hide the names. It requires
// CAP_SYS_ADMIN for a namespace other than our own.
func readLinks(e entry) (map[uint32]string, error) {
	config := &netlink.Config{}
	if !e.own {
		f, err := openAs(e.path, e.inode)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		config.NetNS = int(f.Fd())
	}
	conn, err := netlink.Dial(unix.NETLINK_ROUTE, config)
	if err != nil {
		return nil, fmt.Errorf("read interfaces of network namespace %d: %w", e.inode, err)
	}
	defer conn.Close()
	if err := conn.SetReadDeadline(time.Now().Add(dumpTime)); err != nil {
		return nil, fmt.Errorf("read interfaces of network namespace %d: %w", e.inode, err)
	}
	answers, err := conn.Execute(dumpRequest())
	if err != nil {
		return nil, fmt.Errorf("read interfaces of network namespace %d: %w", e.inode, err)
	}
	names := make(map[uint32]string, len(answers))
	for _, m := range answers {
		if m.Header.Type != unix.RTM_NEWLINK {
			continue
		}
		index, name, err := parseNewLink(m.Data)
		if err != nil {
			return nil, fmt.Errorf("read interfaces of network namespace %d: %w", e.inode, err)
		}
		names[index] = name
	}
	return names, nil
}

func dumpRequest() netlink.Message {
	data := make([]byte, unix.SizeofIfInfomsg, unix.SizeofIfInfomsg+8)
	data = binary.NativeEndian.AppendUint16(data, 8)
	data = binary.NativeEndian.AppendUint16(data, unix.IFLA_EXT_MASK)
	data = binary.NativeEndian.AppendUint32(data, rtextSkipStats)
	return netlink.Message{
		Header: netlink.Header{Type: unix.RTM_GETLINK, Flags: netlink.Request | netlink.Dump},
		Data:   data,
	}
}

var errNewLink = errors.New("parse interface: no index or no name")

// parseNewLink reads index and name from a struct ifinfomsg and the attributes
// behind it.
func parseNewLink(data []byte) (uint32, string, error) {
	if len(data) < unix.SizeofIfInfomsg {
		return 0, "", errNewLink
	}
	index := binary.NativeEndian.Uint32(data[4:8])
	attrs, err := netlink.NewAttributeDecoder(data[unix.SizeofIfInfomsg:])
	if err != nil {
		return 0, "", fmt.Errorf("parse interface: %w", err)
	}
	for attrs.Next() {
		if attrs.Type() == unix.IFLA_IFNAME {
			if name := attrs.String(); name != "" && index != 0 {
				return index, name, nil
			}
		}
	}
	if err := attrs.Err(); err != nil {
		return 0, "", fmt.Errorf("parse interface: %w", err)
	}
	return 0, "", errNewLink
}
