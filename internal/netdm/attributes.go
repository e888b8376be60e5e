package netdm

import (
	"encoding/binary"
	"fmt"
)

// Commands of the family.
const (
	commandAlert            = 1
	commandConfig           = 2
	commandStart            = 3
	commandStop             = 4
	commandPacketAlert      = 5
	commandGetConfiguration = 6
	commandConfiguration    = 7
	commandGetStats         = 8
	commandStats            = 9
)

// Attributes of the family. A summary's counts have type 0.
const (
	attributeSummary   = 0
	attributeMode      = 1
	attributePC        = 2
	attributeSymbol    = 3
	attributeInPort    = 4
	attributeTimestamp = 5
	attributeProtocol  = 6
	attributePayload   = 7
	attributeTruncate  = 9
	attributeLength    = 10
	attributeQueue     = 11
	attributeStats     = 12
	attributeHWStats   = 13
	attributeOrigin    = 14
	attributeTrapGroup = 15
	attributeTrap      = 16
	attributeHWEntries = 17
	attributeHWEntry   = 18
	attributeTrapCount = 19
	attributeSoftware  = 20
	attributeHardware  = 21
	attributeCookie    = 22
	attributeReason    = 23
)

// Attributes inside IN_PORT, STATS and HW_STATS.
const (
	attributePortIndex = 0
	attributePortName  = 1
	attributeDropped   = 0
)

const (
	attributeHeader = 4
	attributeType   = 0x3fff // without the flags for nests and byte order
)

// attributes walks over netlink attributes, and remembers the first fault.
type attributes struct {
	rest []byte
	typ  uint16
	data []byte // of the attribute at hand
	err  error
}

func (a *attributes) next() bool {
	if a.err != nil || len(a.rest) == 0 {
		return false
	}
	if len(a.rest) < attributeHeader {
		a.err = fmt.Errorf("%d stray bytes after the last attribute", len(a.rest))
		return false
	}
	length := int(binary.NativeEndian.Uint16(a.rest))
	a.typ = binary.NativeEndian.Uint16(a.rest[2:]) & attributeType
	if length < attributeHeader || length > len(a.rest) {
		a.err = fmt.Errorf("attribute %d says it has %d bytes where %d are left", a.typ, length, len(a.rest))
		return false
	}
	a.data = a.rest[attributeHeader:length:length]
	a.rest = a.rest[min(align(length), len(a.rest)):]
	return true
}

func align(length int) int { return (length + 3) &^ 3 }

// need notes a fault unless the attribute has that many bytes.
func (a *attributes) need(name string, bytes int) bool {
	if len(a.data) == bytes {
		return true
	}
	a.fail(name, fmt.Errorf("has %d bytes, not %d", len(a.data), bytes))
	return false
}

func (a *attributes) fail(name string, err error) {
	if a.err == nil {
		a.err = fmt.Errorf("attribute %s: %w", name, err)
	}
}

func (a *attributes) uint8(name string) uint8 {
	if !a.need(name, 1) {
		return 0
	}
	return a.data[0]
}

func (a *attributes) uint16(name string) uint16 {
	if !a.need(name, 2) {
		return 0
	}
	return binary.NativeEndian.Uint16(a.data)
}

func (a *attributes) uint32(name string) uint32 {
	if !a.need(name, 4) {
		return 0
	}
	return binary.NativeEndian.Uint32(a.data)
}

func (a *attributes) uint64(name string) uint64 {
	if !a.need(name, 8) {
		return 0
	}
	return binary.NativeEndian.Uint64(a.data)
}

// text is the attribute up to its first NUL. It is not nil, so that an empty
// text can be told from none.
func (a *attributes) text() []byte {
	for i, b := range a.data {
		if b == 0 {
			return a.data[:i:i]
		}
	}
	return a.data
}

// nest walks over the attributes inside the one at hand.
func (a *attributes) nest() attributes { return attributes{rest: a.data} }
