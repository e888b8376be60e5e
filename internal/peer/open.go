package peer

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"fmt"
	"slices"
)

// A sealed packet has a version, a nonce, and what AES-GCM made of the message
// with the label as additional data. In a stream, type and length come before, and are
// additional data too. In version 0 the message was filled up to whole
// blocks; engines of this program send version 1.
const (
	sealedFilled = 0
	sealedPlain  = 1
	sealedNonce  = 12
	sealedTag    = 16
	sealedHead   = 1 + sealedNonce
)

// An opener opens packets with the keys of a cluster. It does not change and may
// be used concurrently.
type opener struct {
	current, removed []sealer // without any current one all travels in clear
}

// A sealer is a key and what it opens with.
type sealer struct {
	key  []byte
	aead cipher.AEAD
}

// maxRemoved is how many keys are remembered that are no longer taken.
const maxRemoved = 16

func newOpener(keys [][]byte) (*opener, error) {
	o := new(opener)
	for _, key := range keys {
		if has(o.current, key) {
			continue
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, fmt.Errorf("use keys of the cluster: %w", err)
		}
		aead, err := cipher.NewGCM(block)
		if err != nil {
			return nil, fmt.Errorf("use keys of the cluster: %w", err)
		}
		o.current = append(o.current, sealer{bytes.Clone(key), aead})
	}
	return o, nil
}

func has(sealers []sealer, key []byte) bool {
	return slices.ContainsFunc(sealers, func(s sealer) bool { return bytes.Equal(s.key, key) })
}

// after notes the keys of an earlier opener that this one does not have. The last
// ones to go are kept.
func (o *opener) after(earlier *opener) {
	for _, s := range slices.Concat(earlier.current, earlier.removed) {
		if len(o.removed) < maxRemoved && !has(o.current, s.key) {
			o.removed = append(o.removed, s)
		}
	}
}

// How a packet opens.
type opening int

const (
	opened opening = iota
	openedOld
	notOpened
)

// open appends what is sealed in a packet to room, and allocates nothing if that
// suffices.
func (o *opener) open(room, sealed []byte) ([]byte, opening) {
	return o.openWith(room, sealed, labelBytes)
}

// openWith opens what was sealed with additional data.
func (o *opener) openWith(room, sealed, data []byte) ([]byte, opening) {
	if len(o.current) == 0 {
		return sealed, opened
	}
	if len(sealed) < sealedHead+sealedTag || sealed[0] > sealedPlain {
		return nil, notOpened
	}
	if plain, ok := openAny(o.current, room, sealed, data); ok {
		return plain, opened
	}
	if _, ok := openAny(o.removed, room, sealed, data); ok {
		return nil, openedOld
	}
	return nil, notOpened
}

func openAny(sealers []sealer, room, sealed, data []byte) ([]byte, bool) {
	nonce, text := sealed[1:sealedHead], sealed[sealedHead:]
	for _, s := range sealers {
		plain, err := s.aead.Open(room, nonce, text, data)
		if err != nil {
			continue
		}
		if sealed[0] == sealedFilled {
			return unfill(plain)
		}
		return plain, true
	}
	return nil, false
}

// unfill takes away what fills the last block. The engine would trust it.
func unfill(plain []byte) ([]byte, bool) {
	if len(plain) == 0 {
		return nil, false
	}
	fill := int(plain[len(plain)-1])
	if fill < 1 || fill > aes.BlockSize || fill > len(plain) {
		return nil, false
	}
	return plain[:len(plain)-fill], true
}
