package scenario

import (
	"encoding/binary"
	"fmt"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

func readLinkCounter(dev, direction, field string) (uint64, error) {
	state, err := readLink(dev)
	if err != nil {
		return 0, err
	}
	value, ok := state.counters[direction+"/"+field]
	if !ok {
		return 0, fmt.Errorf("interface %s has no counter %s/%s", dev, direction, field)
	}
	return value, nil
}

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

// readNFTCounter reads a named counter of any table.
func readNFTCounter(name string) (uint64, error) {
	const header = 4 // struct nfgenmsg: all families
	answers, _, err := talk(unix.NETLINK_NETFILTER, []netlink.Message{{
		Header: netlink.Header{Type: unix.NFNL_SUBSYS_NFTABLES<<8 | unix.NFT_MSG_GETOBJ, Flags: netlink.Dump},
		Data:   make([]byte, header),
	}})
	if err != nil {
		return 0, fmt.Errorf("ask for nft counters: %w", err)
	}
	for _, answer := range answers {
		counter, err := parseNFTCounter(answer.Data)
		if err != nil {
			return 0, err
		}
		if counter.name == name {
			return counter.packets, nil
		}
	}
	return 0, fmt.Errorf("no nft counter %s", name)
}

type nftCounter struct {
	name    string
	packets uint64
}

// parseNFTCounter reads struct nfgenmsg and the attributes of an nft object.
func parseNFTCounter(message []byte) (nftCounter, error) {
	if len(message) < 4 {
		return nftCounter{}, fmt.Errorf("nft message of %d bytes", len(message))
	}
	decoder, err := netlink.NewAttributeDecoder(message[4:])
	if err != nil {
		return nftCounter{}, fmt.Errorf("parse nft object: %w", err)
	}
	decoder.ByteOrder = binary.BigEndian
	var counter nftCounter
	for decoder.Next() {
		switch decoder.Type() {
		case unix.NFTA_OBJ_NAME:
			counter.name = decoder.String()
		case unix.NFTA_OBJ_DATA:
			decoder.Nested(func(data *netlink.AttributeDecoder) error {
				for data.Next() {
					if data.Type() == unix.NFTA_COUNTER_PACKETS {
						counter.packets = data.Uint64()
					}
				}
				return nil
			})
		}
	}
	if err := decoder.Err(); err != nil {
		return nftCounter{}, fmt.Errorf("parse nft object: %w", err)
	}
	return counter, nil
}
