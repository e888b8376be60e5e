package nldump

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"
)

// Attributes walks over netlink attributes without allocating:
//
//	attributes := nldump.Walk(data)
//	for attributes.Next() {
//		// attributes.Type, attributes.Data
//	}
//	return attributes.Err()
type Attributes struct {
	// Type is without the flags for nesting and byte order.
	Type uint16
	Data []byte
	// Offset is where Data starts in the bytes that are walked over.
	Offset int

	all  []byte
	next int
	bad  bool
}

const attributeHeader = unix.SizeofNlAttr

// Walk starts before the first attribute.
func Walk(data []byte) Attributes { return Attributes{all: data} }

// Next moves to the next attribute, if there is one.
func (a *Attributes) Next() bool {
	rest := a.all[a.next:]
	if len(rest) == 0 || a.bad {
		return false
	}
	if len(rest) < attributeHeader {
		a.bad = true
		return false
	}
	length := int(binary.NativeEndian.Uint16(rest))
	if length < attributeHeader || length > len(rest) {
		a.bad = true
		return false
	}
	a.Type = binary.NativeEndian.Uint16(rest[2:]) &^ (unix.NLA_F_NESTED | unix.NLA_F_NET_BYTEORDER)
	a.Data = rest[attributeHeader:length:length]
	a.Offset = a.next + attributeHeader
	a.next += min(align(length), len(rest)) // the last one may lack its padding
	return true
}

// Err tells whether the walk ended because of bytes that are no attribute.
func (a *Attributes) Err() error {
	if a.bad {
		return fmt.Errorf("decode netlink attribute at byte %d of %d: bad length", a.next, len(a.all))
	}
	return nil
}
