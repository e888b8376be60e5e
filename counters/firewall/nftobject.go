package firewall

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"dropwatch/counters/sockstat/nldump"
)

// namedCounters reads the counters that have names.
func (c *Conn) namedCounters() error {
	clear(c.reader.counters)
	filter := binary.NativeEndian.AppendUint16(nil, 8)
	filter = binary.NativeEndian.AppendUint16(filter, unix.NFTA_OBJ_TYPE)
	filter = binary.BigEndian.AppendUint32(filter, unix.NFT_OBJECT_COUNTER)
	return c.dump.Ask(nftRequest(unix.NFT_MSG_GETOBJ, netlink.Dump, filter), func(m nldump.Message) error {
		return c.reader.addCounter(m.Data)
	})
}

func (r *reader) addCounter(data []byte) error {
	family, attributes, err := nftMessage(data)
	if err != nil {
		return err
	}
	key := key{family: familyName(family)}
	var kind uint32
	var body []byte
	for attributes.Next() {
		switch attributes.Type {
		case unix.NFTA_OBJ_TABLE:
			key.table = r.names.intern(attributes.Data)
		case unix.NFTA_OBJ_NAME:
			key.name = r.names.intern(attributes.Data)
		case unix.NFTA_OBJ_TYPE:
			if len(attributes.Data) == 4 {
				kind = binary.BigEndian.Uint32(attributes.Data)
			}
		case unix.NFTA_OBJ_DATA:
			body = attributes.Data
		}
	}
	if err := attributes.Err(); err != nil {
		return fmt.Errorf("decode named counter: %w", err)
	}
	if kind != unix.NFT_OBJECT_COUNTER { // an old kernel does not filter
		return nil
	}
	counts, err := decodeCounts(body)
	if err == nil && (key.table == "" || key.name == "") {
		err = errors.New("table or name is missing")
	}
	if err != nil {
		return fmt.Errorf("decode named counter %s %s: %w", word(key.table), word(key.name), err)
	}
	r.counters[key] = counts
	return nil
}
