package nldump

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// A Request asks for a whole table, or for one thing if Single is set.
type Request struct {
	Type   uint16
	Single bool
	Body   []byte // after the netlink header
}

// encode writes a request with the next sequence number into the buffer for it.
func (c *Conn) encode(r Request) {
	flags := uint16(unix.NLM_F_REQUEST | unix.NLM_F_DUMP)
	if r.Single { // the acknowledgement ends the answer
		flags = unix.NLM_F_REQUEST | unix.NLM_F_ACK
	}
	c.sequence++
	b := binary.NativeEndian.AppendUint32(c.request[:0], uint32(messageHeader+len(r.Body)))
	b = binary.NativeEndian.AppendUint16(b, r.Type)
	b = binary.NativeEndian.AppendUint16(b, flags)
	b = binary.NativeEndian.AppendUint32(b, c.sequence)
	b = binary.NativeEndian.AppendUint32(b, 0) // the kernel knows our port
	c.request = append(b, r.Body...)
}

// Append adds an attribute to a request, with its padding. The data must be
// shorter than 64 KiB.
func Append(request []byte, kind uint16, data []byte) []byte {
	request = binary.NativeEndian.AppendUint16(request, uint16(attributeHeader+len(data)))
	request = binary.NativeEndian.AppendUint16(request, kind)
	request = append(request, data...)
	return append(request, make([]byte, align(len(data))-len(data))...)
}

// Uint32 are the bytes of a number, for Append.
func Uint32(value uint32) []byte { return binary.NativeEndian.AppendUint32(nil, value) }

// align rounds up to where the next message or attribute starts.
func align(length int) int { return (length + 3) &^ 3 }
