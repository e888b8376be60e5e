package ring

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"
)

// All numbers are little endian. Every block ends with a checksum.
var order = binary.LittleEndian

const (
	magic      = "dwring\r\n" // an end of line that no transfer of text leaves alone
	version    = 1
	shapeHead  = 32 // magic, version, slots, heartbeat, archives, zero
	shapeEntry = 12 // step in seconds, rows, 1 for max
	shapeBytes = shapeHead + maxArchives*shapeEntry + checkLen
)

var errChecksum = errors.New("checksum is wrong")

// checksum is of a block that has a place for it at the end.
func checksum(block []byte) uint32 {
	return crc32.Checksum(block[:len(block)-checkLen], crc32.MakeTable(crc32.Castagnoli))
}

func seal(block []byte) {
	order.PutUint32(block[len(block)-checkLen:], checksum(block))
}

func sealed(block []byte) bool {
	return order.Uint32(block[len(block)-checkLen:]) == checksum(block)
}

// encodeShape makes the block at the begin of a file, which never changes.
func encodeShape(c *Config) []byte {
	b := make([]byte, shapeBytes)
	copy(b, magic)
	order.PutUint32(b[8:], version)
	order.PutUint32(b[12:], uint32(c.Slots))
	order.PutUint64(b[16:], uint64(c.Heartbeat))
	order.PutUint32(b[24:], uint32(len(c.Archives)))
	for i, a := range c.Archives {
		entry := b[shapeHead+i*shapeEntry:]
		order.PutUint32(entry, uint32(seconds(a.Step)))
		order.PutUint32(entry[4:], uint32(a.Rows))
		if a.Max {
			order.PutUint32(entry[8:], 1)
		}
	}
	seal(b)
	return b
}

// decodeShape reads what encodeShape made. What it returns is within the bounds
// of this package, whatever the file says.
func decodeShape(b []byte) (Config, error) {
	var c Config
	if len(b) != shapeBytes || string(b[:len(magic)]) != magic {
		return c, errors.New("not a history file")
	}
	if v := order.Uint32(b[8:]); v != version {
		return c, fmt.Errorf("version %d, and only %d is known", v, version)
	}
	if !sealed(b) {
		return c, errChecksum
	}
	n := order.Uint32(b[24:])
	slots := order.Uint32(b[12:])
	if n < 1 || n > maxArchives || slots < 1 || slots > maxSlots {
		return c, fmt.Errorf("%d values in %d archives", slots, n)
	}
	c.Slots = int(slots)
	c.Heartbeat = time.Duration(order.Uint64(b[16:]))
	for i := range int(n) {
		entry := b[shapeHead+i*shapeEntry:]
		c.Archives = append(c.Archives, Archive{
			Step: time.Duration(order.Uint32(entry)) * time.Second,
			Rows: int(order.Uint32(entry[4:])),
			Max:  order.Uint32(entry[8:]) == 1,
		})
		if i > 0 && c.Archives[i].Step <= c.Archives[i-1].Step {
			return Config{}, errors.New("archives are out of order")
		}
	}
	return c, c.validate()
}
