package scenario

import (
	"encoding/binary"
	"fmt"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// nftKind is the type of a message about rules.
func nftKind(kind uint16) netlink.HeaderType {
	return netlink.HeaderType(unix.NFNL_SUBSYS_NFTABLES<<8 | kind)
}

// allTables begins a message about the tables of all families: struct nfgenmsg.
func allTables() []byte { return []byte{unix.NFPROTO_UNSPEC, unix.NFNETLINK_V0, 0, 0} }

// flushNFT takes all rules of the calling thread's namespace away.
func flushNFT() error {
	batch := []byte{unix.NFPROTO_UNSPEC, unix.NFNETLINK_V0, 0, unix.NFNL_SUBSYS_NFTABLES}
	_, _, err := exchange(unix.NETLINK_NETFILTER, []netlink.Message{
		{Header: netlink.Header{Type: unix.NFNL_MSG_BATCH_BEGIN}, Data: batch},
		{Header: netlink.Header{Type: nftKind(unix.NFT_MSG_DELTABLE), Flags: netlink.Acknowledge}, Data: allTables()},
		{Header: netlink.Header{Type: unix.NFNL_MSG_BATCH_END}, Data: batch},
	}, 1)
	if err != nil {
		return fmt.Errorf("flush nft rules: %w", err)
	}
	return nil
}

// readNFTCounter reads a named counter of any table.
func readNFTCounter(name string) (uint64, error) {
	answers, _, err := talk(unix.NETLINK_NETFILTER, []netlink.Message{{
		Header: netlink.Header{Type: nftKind(unix.NFT_MSG_GETOBJ), Flags: netlink.Dump},
		Data:   allTables(),
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
