package dump

import (
	"encoding/binary"
	"fmt"
)

const (
	attributeHeader = 4      // struct nlattr
	attributeType   = 0x3fff // without the flags for nests and byte order
)

// Attributes walks over netlink attributes (struct nlattr) and remembers the
// first fault. The zero value is at the end.
//
//	for a := dump.Walk(data); a.Next(); {
//		switch a.Type() { ... }
//	}
type Attributes struct {
	rest []byte
	kind uint16
	data []byte
	err  error
}

// Walk begins to walk over attributes. Nothing is copied.
func Walk(data []byte) Attributes { return Attributes{rest: data} }

// Next goes to the next attribute. It returns false at the end, and at the
// first fault.
func (a *Attributes) Next() bool {
	if a.err != nil || len(a.rest) == 0 {
		return false
	}
	if len(a.rest) < attributeHeader {
		a.err = fmt.Errorf("%d stray bytes after the last attribute", len(a.rest))
		return false
	}
	length := int(binary.NativeEndian.Uint16(a.rest))
	a.kind = binary.NativeEndian.Uint16(a.rest[2:]) & attributeType
	if length < attributeHeader || length > len(a.rest) {
		a.err = fmt.Errorf("attribute %d says it has %d bytes where %d are left", a.kind, length, len(a.rest))
		return false
	}
	a.data = a.rest[attributeHeader:length:length]
	a.rest = a.rest[min(align(length), len(a.rest)):]
	return true
}

// Type is the type of the attribute at hand, without flags.
func (a *Attributes) Type() uint16 { return a.kind }

// Bytes are those of the attribute at hand. They are not copied.
func (a *Attributes) Bytes() []byte { return a.data }

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

func align(length int) int { return (length + 3) &^ 3 }

// Append adds an attribute to a request.
func Append(request []byte, kind uint16, data []byte) []byte {
	request = binary.NativeEndian.AppendUint16(request, uint16(attributeHeader+len(data)))
	request = binary.NativeEndian.AppendUint16(request, kind)
	request = append(request, data...)
	return append(request, make([]byte, align(len(data))-len(data))...)
}

// Uint32 are the bytes of a number, for Append.
func Uint32(value uint32) []byte { return binary.NativeEndian.AppendUint32(nil, value) }
