package firewall

import (
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"dropwatch/counters/internal/nldump"
)

// namedCounters reads the counters that have names.
func (c *Conn) namedCounters() error {
	clear(c.reader.counters)
	filter := nldump.Append(nil, unix.NFTA_OBJ_TYPE, binary.BigEndian.AppendUint32(nil, unix.NFT_OBJECT_COUNTER))
	return c.dump.Ask(nftRequest(unix.NFT_MSG_GETOBJ, filter), func(m nldump.Message) error {
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
		switch attributes.Type() {
		case unix.NFTA_OBJ_TABLE:
			key.table = r.names.intern(attributes.Bytes())
		case unix.NFTA_OBJ_NAME:
			key.name = r.names.intern(attributes.Bytes())
		case unix.NFTA_OBJ_TYPE:
			if len(attributes.Bytes()) == 4 {
				kind = binary.BigEndian.Uint32(attributes.Bytes())
			}
		case unix.NFTA_OBJ_DATA:
			body = attributes.Bytes()
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
