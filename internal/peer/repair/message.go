package repair

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Reasons why a message is not read.
var (
	ErrMagic     = errors.New("message is none of repair")
	ErrVersion   = errors.New("message of repair has a version, kind or flag that is not known here")
	ErrLong      = errors.New("message of repair is longer than any")
	ErrMalformed = errors.New("message of repair is malformed")
)

const (
	magic      = "DQ"
	version    = 1
	headerSize = len(magic) + 1 + 1
)

// A Kind says what a message is.
type Kind uint8

// The kinds of messages.
const (
	KindDigest Kind = 1
	KindBundle Kind = 2
)

// KindOf tells what a message is from its first bytes and its size. The rest may
// still be malformed. The error is ErrMagic for what belongs to others, else
// ErrVersion or ErrLong.
func KindOf(message []byte) (Kind, error) {
	if len(message) < headerSize || string(message[:len(magic)]) != magic {
		return 0, ErrMagic
	}
	kind, most := Kind(message[3]), maxBundle
	switch {
	case message[2] != version || kind != KindDigest && kind != KindBundle:
		return 0, ErrVersion
	case kind == KindDigest:
		most = maxDigest
	}
	if len(message) > most {
		return 0, ErrLong
	}
	return kind, nil
}

// body returns what follows the header of a message of one kind.
func body(message []byte, want Kind) ([]byte, error) {
	kind, err := KindOf(message)
	if err != nil {
		return nil, err
	}
	if kind != want {
		return nil, malformed("it is of another kind")
	}
	return message[headerSize:], nil
}

func appendHeader(b []byte, kind Kind) []byte {
	return append(append(b, magic...), version, byte(kind))
}

func malformed(what string) error { return fmt.Errorf("%w: %s", ErrMalformed, what) }

// number reads a variable-length number, and returns what follows it.
func number(b []byte) (uint64, []byte, error) {
	x, n := binary.Uvarint(b)
	if n <= 0 {
		return 0, nil, malformed("number is cut off or too large")
	}
	return x, b[n:], nil
}
