package peer

import (
	"bytes"
	"compress/lzw"
	"encoding/binary"
	"net"
	"testing"
)

// pack makes MessagePack of a map of names and values in turn.
func pack(namesAndValues ...any) string {
	b := []byte{0x80 | byte(len(namesAndValues)/2)}
	for _, v := range namesAndValues {
		b = packValue(b, v)
	}
	return string(b)
}

func packValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, 0xc0)
	case bool:
		if v {
			return append(b, 0xc3)
		}
		return append(b, 0xc2)
	case int:
		return binary.BigEndian.AppendUint64(append(b, 0xd3), uint64(v))
	case uint32:
		return binary.BigEndian.AppendUint32(append(b, 0xce), v)
	case []byte:
		return packValue(b, string(v))
	case string:
		if len(v) < 32 {
			return append(append(b, 0xa0|byte(len(v))), v...)
		}
		return append(binary.BigEndian.AppendUint16(append(b, 0xda), uint16(len(v))), v...)
	}
	panic("pack what?")
}

// Messages that members send each other.

var (
	somewhere = net.IPv4(10, 9, 8, 7).To4()
	versions  = []byte{1, 5, 2, 0, 0, 0}

	ping     = "\x00" + pack("SeqNo", 7, "Node", "n")
	nack     = "\x0b" + pack("SeqNo", 7)
	indirect = "\x01" + pack("SeqNo", 7, "Target", []byte{127, 0, 0, 1}, "Port", 9, "Node", "n", "Nack", true)
)

func alive(name string) string {
	return "\x04" + pack("Incarnation", 1, "Node", name, "Addr", []byte(somewhere), "Port", 1513, "Meta", nil, "Vsn", versions)
}

func suspected(name string, incarnation int) string {
	return "\x03" + pack("Incarnation", incarnation, "Node", name, "From", "x")
}

func compound(parts ...string) string {
	head, all := []byte{7, byte(len(parts))}, ""
	for _, p := range parts {
		head = binary.BigEndian.AppendUint16(head, uint16(len(p)))
		all += p
	}
	return string(head) + all
}

func pushPull(states ...string) string {
	all := "\x06" + pack("Nodes", len(states), "UserStateLen", 0, "Join", true)
	for _, s := range states {
		all += s
	}
	return all
}

func state(name string, state int) string {
	return pack("Name", name, "Addr", []byte(somewhere), "Port", 1513, "Meta", "c", "Incarnation", 1, "State", state, "Vsn", versions)
}

// inClear is a stream in a cluster without keys.
func inClear(message string) []byte {
	return append(labelHead[:len(labelHead):len(labelHead)], message...)
}

// sealedStream makes a stream as the engine does.
func sealedStream(t testing.TB, version, key byte, message string) []byte {
	length := 1 + sealedNonce + len(message) + sealedTag
	lead := binary.BigEndian.AppendUint32([]byte{typeSealed}, uint32(length))
	whole := seal(t, version, bytes.Repeat([]byte{key}, 32), append(lead, label...), []byte(message))
	// seal takes what is authenticated for a label
	return append(append(bytes.Clone(labelHead), lead...), whole[len(whole)-length:]...)
}

// bomb is a compressed message of 30 MB.
func bomb(t testing.TB) string {
	var b bytes.Buffer
	w := lzw.NewWriter(&b, lzw.LSB, 8)
	if _, err := w.Write(make([]byte, 30<<20)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return string(rune(typeCompressed)) + pack("Algo", 0, "Buf", b.String())
}

func told(message string) string { return "\x08" + pack("UserMsgLen", len(message)) + message }
