package record

import (
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"time"

	"dropwatch/internal/peer/identity"
)

// Reasons why a packet is not read.
var (
	ErrShort     = errors.New("packet is shorter than a header and a signature")
	ErrLong      = errors.New("packet is longer than any record")
	ErrMagic     = errors.New("packet is no record")
	ErrVersion   = errors.New("record has a version or kind that is not known here")
	ErrMalformed = errors.New("record is malformed")
	ErrSignature = errors.New("record is not signed by its host")
)

const (
	magic   = "DW"
	version = 1

	headerSize    = 2 + 1 + 1 + 1 + 1 + 1 + 16 + 8 + 8 + 8
	keySize       = ed25519.PublicKeySize
	signatureSize = ed25519.SignatureSize
)

// Flags of a packet.
const (
	flagKey        = 1 << 0
	flagCompressed = 1 << 1
	flagsKnown     = flagKey | flagCompressed
)

// A Kind says what the payload is.
type Kind uint8

// KindReport is a Report, the only kind so far.
const KindReport Kind = 1

// A Header says whose record a packet is a part of, and which one.
type Header struct {
	Host     identity.ID
	Epoch    uint64    // see identity.NextEpoch
	Sequence uint64    // of the record in its epoch
	Time     time.Time // when it was signed, to the millisecond
	Part     uint8     // from 0 on
	Parts    uint8
	Kind     Kind
	// Key is the public key the packet brings along, or nil. It belongs to
	// Host if identity.IDOf says so; ParseHeader has checked that. It is valid
	// as long as the packet is.
	Key ed25519.PublicKey

	compressed bool
}

// ParseHeader reads the header of a packet and nothing else. It does not
// allocate, and does not check the signature. The error is one of the above.
func ParseHeader(packet []byte) (Header, error) {
	switch {
	case len(packet) > MaxDatagram:
		return Header{}, ErrLong
	case len(packet) < MinPacket:
		return Header{}, ErrShort
	case string(packet[:2]) != magic:
		return Header{}, ErrMagic
	case packet[2] != version || packet[3]&^flagsKnown != 0 || Kind(packet[4]) != KindReport:
		return Header{}, ErrVersion
	}
	flags := packet[3]
	h := Header{
		Kind: Kind(packet[4]), Part: packet[5], Parts: packet[6], Host: identity.ID(packet[7:23]),
		Epoch: binary.BigEndian.Uint64(packet[23:]), Sequence: binary.BigEndian.Uint64(packet[31:]),
		Time:       time.UnixMilli(int64(binary.BigEndian.Uint64(packet[39:]))).UTC(),
		compressed: flags&flagCompressed != 0,
	}
	if h.Parts == 0 || h.Parts > MaxParts || h.Part >= h.Parts || h.Host.IsZero() {
		return Header{}, ErrMalformed
	}
	if flags&flagKey == 0 {
		return h, nil
	}
	if len(packet) < headerSize+keySize+signatureSize {
		return Header{}, ErrShort
	}
	h.Key = ed25519.PublicKey(packet[headerSize : headerSize+keySize])
	if identity.IDOf(h.Key) != h.Host {
		return Header{}, ErrMalformed
	}
	return h, nil
}

// size is the number of bytes before the payload.
func (h *Header) size() int {
	if h.Key != nil {
		return headerSize + keySize
	}
	return headerSize
}

func (h *Header) append(b []byte) []byte {
	var flags byte
	if h.Key != nil {
		flags |= flagKey
	}
	if h.compressed {
		flags |= flagCompressed
	}
	b = append(b, magic...)
	b = append(b, version, flags, byte(h.Kind), h.Part, h.Parts)
	b = append(b, h.Host[:]...)
	b = binary.BigEndian.AppendUint64(b, h.Epoch)
	b = binary.BigEndian.AppendUint64(b, h.Sequence)
	b = binary.BigEndian.AppendUint64(b, uint64(h.Time.UnixMilli()))
	return append(b, h.Key...)
}
