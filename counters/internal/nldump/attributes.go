package nldump

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"
)

const (
	attributeHeader = unix.SizeofNlAttr
	attributeFlags  = unix.NLA_F_NESTED | unix.NLA_F_NET_BYTEORDER
)

// Attributes walks over netlink attributes (struct nlattr) and remembers the
// first fault. It does not allocate unless there is one. The zero value is at
// the end.
//
//	a := nldump.Walk(data)
//	for a.Next() {
//		switch a.Type() { ... }
//	}
//	return a.Err()
type Attributes struct {
	all   []byte
	next  int // where the next one starts
	kind  uint16
	start int // where data starts
	data  []byte
	err   error
}

// Walk begins to walk over attributes. Nothing is copied.
func Walk(data []byte) Attributes { return Attributes{all: data} }

// Next goes to the next attribute. It returns false at the end, and at the
// first fault.
func (a *Attributes) Next() bool {
	rest := a.all[a.next:]
	if a.err != nil || len(rest) == 0 {
		return false
	}
	if len(rest) < attributeHeader {
		a.err = fmt.Errorf("%d stray bytes after the last attribute", len(rest))
		return false
	}
	length := int(binary.NativeEndian.Uint16(rest))
	a.kind = binary.NativeEndian.Uint16(rest[2:]) &^ attributeFlags
	if length < attributeHeader || length > len(rest) {
		a.err = fmt.Errorf("attribute %d says it has %d bytes where %d are left", a.kind, length, len(rest))
		return false
	}
	a.data = rest[attributeHeader:length:length]
	a.start = a.next + attributeHeader
	a.next += min(align(length), len(rest)) // the last one may lack its padding
	return true
}

// Type is the type of the attribute at hand, without flags.
func (a *Attributes) Type() uint16 { return a.kind }

// Bytes are those of the attribute at hand. They are not copied.
func (a *Attributes) Bytes() []byte { return a.data }

// Offset is where those bytes start, in the ones that are walked over.
func (a *Attributes) Offset() int { return a.start }

// Err is the first fault.
func (a *Attributes) Err() error { return a.err }

// Fail notes a fault of the attribute at hand, which ends the walk. A nil error
// is none.
func (a *Attributes) Fail(name string, err error) {
	if a.err == nil && err != nil {
		a.err = fmt.Errorf("attribute %s: %w", name, err)
	}
}

// Uint8 is the attribute at hand as a number; with another length it is a fault
// and the number 0. The name is for the error.
func (a *Attributes) Uint8(name string) uint8 {
	if !a.need(name, 1) {
		return 0
	}
	return a.data[0]
}

// Uint16 is like Uint8.
func (a *Attributes) Uint16(name string) uint16 {
	if !a.need(name, 2) {
		return 0
	}
	return binary.NativeEndian.Uint16(a.data)
}

// Uint32 is like Uint8.
func (a *Attributes) Uint32(name string) uint32 {
	if !a.need(name, 4) {
		return 0
	}
	return binary.NativeEndian.Uint32(a.data)
}

// Uint64 is like Uint8.
func (a *Attributes) Uint64(name string) uint64 {
	if !a.need(name, 8) {
		return 0
	}
	return binary.NativeEndian.Uint64(a.data)
}

// Number is the attribute at hand as a number of 1, 2, 4 or 8 bytes, and how
// many bits it has; another length is a fault.
func (a *Attributes) Number(name string) (value uint64, bits uint8) {
	switch len(a.data) {
	case 1:
		return uint64(a.data[0]), 8
	case 2:
		return uint64(binary.NativeEndian.Uint16(a.data)), 16
	case 4:
		return uint64(binary.NativeEndian.Uint32(a.data)), 32
	case 8:
		return binary.NativeEndian.Uint64(a.data), 64
	}
	a.Fail(name, fmt.Errorf("%d bytes are no number", len(a.data)))
	return 0, 0
}

// Text is the attribute at hand up to its first NUL. It is not copied.
func (a *Attributes) Text() []byte {
	for i, b := range a.data {
		if b == 0 {
			return a.data[:i:i]
		}
	}
	return a.data
}

// Nest walks over the attributes inside the one at hand.
func (a *Attributes) Nest() Attributes { return Walk(a.data) }

func (a *Attributes) need(name string, bytes int) bool {
	if len(a.data) == bytes {
		return true
	}
	a.Fail(name, fmt.Errorf("has %d bytes, not %d", len(a.data), bytes))
	return false
}
