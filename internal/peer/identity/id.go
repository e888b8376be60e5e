package identity

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"
)

// idSize is 128 bits: nobody finds a second key with the same id.
const idSize = 16

// idPrefix tells the text of an id from other words, and its version.
const idPrefix = "dw1-"

// An ID is the public identity of a host: the first 16 bytes of the SHA-256 of
// its public key.
type ID [idSize]byte

var idText = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// IDOf returns the id of the host that has the public key.
func IDOf(key ed25519.PublicKey) ID {
	sum := sha256.Sum256(key)
	return ID(sum[:idSize])
}

// IsZero tells whether there is no id.
func (id ID) IsZero() bool { return id == ID{} }

// Compare orders ids.
func (id ID) Compare(other ID) int { return bytes.Compare(id[:], other[:]) }

// String is the form for people and files: "dw1-" and 26 lower-case letters
// and digits.
func (id ID) String() string { return idPrefix + idText.EncodeToString(id[:]) }

// MarshalText is String.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText is ParseID.
func (id *ID) UnmarshalText(text []byte) error {
	parsed, err := ParseID(string(text))
	if err == nil {
		*id = parsed
	}
	return err
}

// ParseID reads the form that String writes, and only that one.
func ParseID(text string) (ID, error) {
	digits, ok := strings.CutPrefix(text, idPrefix)
	if !ok || len(digits) != idText.EncodedLen(idSize) {
		return ID{}, fmt.Errorf("parse host id %.40q: an id is %s and %d letters or digits", text, idPrefix, idText.EncodedLen(idSize))
	}
	raw, err := idText.DecodeString(digits)
	// The decoder skips some bytes and takes others for padding, so that only
	// writing it again tells.
	if err != nil || len(raw) != idSize || ID(raw).String() != text {
		return ID{}, fmt.Errorf("parse host id %q: not the form this program writes", text)
	}
	return ID(raw), nil
}
