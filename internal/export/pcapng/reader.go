package pcapng

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// A Reader reads blocks as they come, in either byte order. Its methods are for
// one goroutine at a time.
type Reader struct {
	r      *bufio.Reader
	order  binary.ByteOrder
	blocks int   // begun so far
	start  int64 // of the block that is read now
	offset int64 // of what is read next
	head   [8]byte
	body   []byte
	packet Packet
	clocks []clock  // of the section's interfaces
	snaps  []uint32 // likewise
	err    error
}

// NewReader reads nothing yet.
func NewReader(r io.Reader) *Reader {
	return &Reader{r: bufio.NewReaderSize(r, bufferBytes)}
}

// Next returns the next block, skipping those of other kinds. A *Packet, and
// whatever a *Local holds, is good until the next call.
//
// The error is io.EOF at the end, wraps ErrTruncated if the file ends too early
// and ErrFormat if it is something else from its first byte on. Any other error
// names the block and where it begins. After an error there is only that error.
func (r *Reader) Next() (Block, error) {
	for r.err == nil {
		kind, body, err := r.read()
		if err != nil {
			r.err = err
			break
		}
		block, err := r.decode(kind, body)
		if err != nil {
			r.err = r.failed(kind, err)
			break
		}
		if block != nil {
			return block, nil
		}
	}
	return nil, r.err
}

func (r *Reader) failed(kind uint32, err error) error {
	return fmt.Errorf("read block %d (type %#x) at byte %d: %w", r.blocks, kind, r.start, err)
}

// read returns what is between a block's two lengths.
func (r *Reader) read() (uint32, []byte, error) {
	r.start = r.offset
	head := r.head[:]
	n, err := io.ReadFull(r.r, head)
	r.offset += int64(n)
	if r.blocks == 0 && n >= 4 && !Begins(head[:n]) {
		return 0, nil, ErrFormat
	}
	if err == io.EOF && r.blocks > 0 {
		return 0, nil, io.EOF
	}
	r.blocks++
	if err != nil {
		return 0, nil, r.ends(err)
	}
	if Begins(head) {
		if err := r.newSection(); err != nil {
			return 0, nil, err
		}
	}
	kind, length := r.order.Uint32(head), r.order.Uint32(head[4:])
	if length < frame || length%4 != 0 || length > maxBlock {
		return 0, nil, r.failed(kind, fmt.Errorf("its length is %d, which is no multiple of 4 from %d to %d", length, frame, maxBlock))
	}
	if err := r.fill(int(length) - len(head)); err != nil {
		return 0, nil, err
	}
	end := len(r.body) - 4
	if again := r.order.Uint32(r.body[end:]); again != length {
		return 0, nil, r.failed(kind, fmt.Errorf("its length is %d at its beginning and %d at its end", length, again))
	}
	return kind, r.body[:end], nil
}

// newSection learns the byte order, without which not even the length of the
// section's first block can be read.
func (r *Reader) newSection() error {
	magic, err := r.r.Peek(4)
	switch {
	case err != nil:
		r.offset += int64(len(magic))
		return r.ends(err)
	case binary.LittleEndian.Uint32(magic) == byteOrderMagic:
		r.order = binary.LittleEndian
	case binary.BigEndian.Uint32(magic) == byteOrderMagic:
		r.order = binary.BigEndian
	case r.blocks == 1:
		return ErrFormat
	default:
		return r.failed(typeSection, errors.New("its byte order is unknown"))
	}
	r.clocks, r.snaps = r.clocks[:0], r.snaps[:0]
	return nil
}

// fill reads the next n bytes. Memory grows with what is there, and not with
// what a length claims.
func (r *Reader) fill(n int) error {
	r.body = r.body[:0]
	for len(r.body) < n {
		begin := len(r.body)
		end := min(n, max(begin*2, bufferBytes))
		if cap(r.body) < end {
			r.body = append(make([]byte, 0, end), r.body...)
		}
		r.body = r.body[:end]
		got, err := io.ReadFull(r.r, r.body[begin:])
		r.offset += int64(got)
		if err != nil {
			return r.ends(err)
		}
	}
	return nil
}

// ends tells where and why a file ends.
func (r *Reader) ends(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("%w at byte %d, within block %d, which begins at byte %d", ErrTruncated, r.offset, r.blocks, r.start)
	}
	return fmt.Errorf("read block %d at byte %d: %w", r.blocks, r.start, err)
}
