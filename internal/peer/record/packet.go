package record

import (
	"crypto"
	"crypto/ed25519"
)

// signContext makes a signature of a record good for nothing else.
const signContext = "dropwatch peer record v1"

// A Packet is one part of a record.
type Packet struct {
	Header
	// Report holds what this part tells.
	Report *Report
	// Raw is the packet as it came; its memory is that of the caller. It can
	// be handed on: whoever gets it can verify it again.
	Raw []byte
}

// Decode reads a packet without checking its signature. What it allocates is
// bounded, whatever the packet holds: some hundred kilobytes at most. The
// error wraps one of those of this package. It may be called concurrently.
func Decode(packet []byte) (*Packet, error) {
	h, err := ParseHeader(packet)
	if err != nil {
		return nil, err
	}
	return decodePayload(packet, h)
}

func decodePayload(packet []byte, h Header) (*Packet, error) {
	payload := packet[h.size() : len(packet)-signatureSize]
	if h.compressed {
		var err error
		if payload, err = expand(payload); err != nil {
			return nil, err
		}
	}
	report, err := parseReport(payload)
	if err != nil {
		return nil, err
	}
	return &Packet{Header: h, Report: report, Raw: packet}, nil
}

// Verify checks that the packet was signed with the key and is unchanged since.
// That the key is the one of the host is for the caller to know. It returns
// ErrSignature if not.
func (p *Packet) Verify(key ed25519.PublicKey) error { return Verify(p.Raw, key) }

// Verify checks the signature of a packet before anything but its header is
// read. It returns ErrSignature if it is wrong.
func Verify(packet []byte, key ed25519.PublicKey) error {
	if len(packet) < MinPacket {
		return ErrShort
	}
	if len(key) != keySize {
		return ErrSignature
	}
	signed := packet[:len(packet)-signatureSize]
	if ed25519.VerifyWithOptions(key, signed, packet[len(signed):], &ed25519.Options{Context: signContext}) != nil {
		return ErrSignature
	}
	return nil
}

// sign completes a packet.
func sign(b []byte, key ed25519.PrivateKey) ([]byte, error) {
	signature, err := key.Sign(nil, b, &ed25519.Options{Hash: crypto.Hash(0), Context: signContext})
	if err != nil {
		return nil, err
	}
	return append(b, signature...), nil
}
