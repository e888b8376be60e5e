package scenario

import (
	"encoding/binary"
	"fmt"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// readQdiscDrops reads the drops of the only queueing discipline of a kind on
// an interface.
func readQdiscDrops(dev, kind string) (uint64, error) {
	answers, _, err := talk(unix.NETLINK_ROUTE, []netlink.Message{{
		Header: netlink.Header{Type: unix.RTM_GETQDISC, Flags: netlink.Dump},
		Data:   make([]byte, sizeofTcMessage),
	}})
	if err != nil {
		return 0, fmt.Errorf("ask for qdiscs: %w", err)
	}
	for _, answer := range answers {
		q, err := parseQdisc(answer.Data)
		if err != nil {
			return 0, err
		}
		if q.index == indexOf(dev) && q.kind == kind {
			return q.drops, nil
		}
	}
	return 0, fmt.Errorf("no qdisc %s", kind)
}

// Places of queueing disciplines on an interface.
const (
	rootQdisc   = 0xffffffff // TC_H_ROOT
	clsactQdisc = 0xfffffff1 // TC_H_CLSACT
)

// addQdisc has the tc program add a queueing discipline, and what belongs to
// it, until Close. It must go before the interface does: packets that wait in
// it are dropped then, and not a while after.
func (l *Lab) addQdisc(n Node, dev string, place uint32, lines ...string) error {
	l.onClose(func() error { return l.change(n, removeQdisc(dev, place)) })
	return l.tc(n, lines...)
}

func removeQdisc(dev string, place uint32) change {
	header := make([]byte, 4, sizeofTcMessage)
	header = binary.NativeEndian.AppendUint32(header, indexOf(dev))
	header = binary.NativeEndian.AppendUint32(header, 0)
	header = binary.NativeEndian.AppendUint32(header, place)
	return change{
		text: words("remove qdisc of", dev), kind: unix.RTM_DELQDISC,
		header:     binary.NativeEndian.AppendUint32(header, 0),
		attributes: func(*netlink.AttributeEncoder) error { return nil },
	}
}

// sizeofTcMessage is that of struct tcmsg.
const sizeofTcMessage = 20

type qdisc struct {
	index uint32 // of the interface
	kind  string
	drops uint64
}

// parseQdisc reads struct tcmsg and the attributes behind it.
func parseQdisc(message []byte) (qdisc, error) {
	if len(message) < sizeofTcMessage {
		return qdisc{}, fmt.Errorf("qdisc message of %d bytes", len(message))
	}
	q := qdisc{index: binary.NativeEndian.Uint32(message[4:])}
	decoder, err := netlink.NewAttributeDecoder(message[sizeofTcMessage:])
	if err != nil {
		return qdisc{}, fmt.Errorf("parse qdisc: %w", err)
	}
	for decoder.Next() {
		switch decoder.Type() {
		case unix.TCA_KIND:
			q.kind = decoder.String()
		case unix.TCA_STATS2:
			decoder.Nested(func(stats *netlink.AttributeDecoder) error { return parseQueue(stats, &q.drops) })
		}
	}
	if err := decoder.Err(); err != nil {
		return qdisc{}, fmt.Errorf("parse qdisc: %w", err)
	}
	return q, nil
}

// parseQueue finds the drops in struct gnet_stats_queue.
func parseQueue(stats *netlink.AttributeDecoder, drops *uint64) error {
	const queue = 3 // TCA_STATS_QUEUE
	for stats.Next() {
		if stats.Type() != queue {
			continue
		}
		numbers := stats.Bytes() // length, bytes, drops, ...
		if len(numbers) < 12 {
			return fmt.Errorf("queue statistics of %d bytes", len(numbers))
		}
		*drops = uint64(binary.NativeEndian.Uint32(numbers[8:]))
	}
	return nil
}
