package record

import (
	_ "embed"
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// dictionary holds what payloads have in common. It is a part of the form on
// the wire: another one needs another number, and the old one stays for
// reading.
//
//go:embed dictionary.bin
var dictionary []byte

const dictionaryNumber = 1

// Both are made at first use and may be used concurrently.
var (
	compressor = sync.OnceValues(func() (*zstd.Encoder, error) {
		return zstd.NewWriter(nil,
			zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true),
			zstd.WithEncoderCRC(false), zstd.WithSingleSegment(true), zstd.WithWindowSize(maxWindow),
			zstd.WithEncoderDictRaw(dictionaryNumber, dictionary))
	})
	expander = sync.OnceValues(func() (*zstd.Decoder, error) {
		return zstd.NewReader(nil,
			zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(maxPayload),
			zstd.WithDecodeAllCapLimit(true), zstd.WithDecoderDictRaw(dictionaryNumber, dictionary))
	})
)

// maxWindow holds the dictionary and a payload.
const maxWindow = 16 << 10

// compress returns the payload in the smaller form.
func compress(payload []byte) (data []byte, compressed bool, err error) {
	c, err := compressor()
	if err != nil {
		return nil, false, fmt.Errorf("compress record: %w", err)
	}
	if data = c.EncodeAll(payload, nil); len(data) < len(payload) {
		return data, true, nil
	}
	return payload, false, nil
}

// expand returns at most maxPayload bytes, or an error.
func expand(data []byte) ([]byte, error) {
	e, err := expander()
	if err != nil {
		return nil, fmt.Errorf("expand record: %w", err)
	}
	payload, err := e.DecodeAll(data, make([]byte, 0, maxPayload))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return payload, nil
}
