package export

import (
	"encoding/binary"
	"fmt"
	"io"
	"time"
)

// A NetlinkWriter writes netlink messages as a capture file that Wireshark and
// tcpdump read: the classic format with the link type NETLINK. Its methods are
// for one goroutine at a time.
//
// The number of a generic netlink family differs from boot to boot. So the
// first message should be the controller's description of the family, from which
// Wireshark learns it.
type NetlinkWriter struct {
	w    io.Writer
	snap uint32
	head [recordHeader + cookedHeader]byte
}

const (
	recordHeader = 16
	cookedHeader = 16

	captureMagic    = 0xa1b2c3d4 // times in microseconds
	linkNetlink     = 253        // LINKTYPE_NETLINK
	cookedOutgoing  = 4          // LINUX_SLL_OUTGOING
	hardwareNetlink = 824        // ARPHRD_NETLINK
	protocolGeneric = 16         // NETLINK_GENERIC
)

// NewNetlinkWriter writes the file's header. Of each message at most snap bytes
// are kept.
func NewNetlinkWriter(w io.Writer, snap uint32) (*NetlinkWriter, error) {
	// Messages hold numbers in the byte order of the host; that of the header
	// tells a reader which one it is.
	b := binary.NativeEndian.AppendUint32(nil, captureMagic)
	b = binary.NativeEndian.AppendUint16(b, 2)
	b = binary.NativeEndian.AppendUint16(b, 4)
	b = append(b, 0, 0, 0, 0, 0, 0, 0, 0) // times are UTC, of no known accuracy
	b = binary.NativeEndian.AppendUint32(b, snap+cookedHeader)
	b = binary.NativeEndian.AppendUint32(b, linkNetlink)
	if _, err := w.Write(b); err != nil {
		return nil, fmt.Errorf("write header of capture: %w", err)
	}
	n := &NetlinkWriter{w: w, snap: snap}
	cooked := n.head[recordHeader:]
	binary.BigEndian.PutUint16(cooked, cookedOutgoing)
	binary.BigEndian.PutUint16(cooked[2:], hardwareNetlink)
	binary.BigEndian.PutUint16(cooked[14:], protocolGeneric)
	return n, nil
}

// Write adds a whole netlink message, from its header on. The message is not
// kept. The file can hold times from 1970 to 2106.
func (n *NetlinkWriter) Write(when time.Time, message []byte) error {
	kept := message[:min(uint64(len(message)), uint64(n.snap))]
	binary.NativeEndian.PutUint32(n.head[0:], uint32(when.Unix()))
	binary.NativeEndian.PutUint32(n.head[4:], uint32(when.Nanosecond()/1000))
	binary.NativeEndian.PutUint32(n.head[8:], uint32(cookedHeader+len(kept)))
	binary.NativeEndian.PutUint32(n.head[12:], uint32(cookedHeader+len(message)))
	_, err := n.w.Write(n.head[:])
	if err == nil {
		_, err = n.w.Write(kept)
	}
	if err != nil {
		return fmt.Errorf("write record of capture: %w", err)
	}
	return nil
}
