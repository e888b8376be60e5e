package pcap

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	magicMicro = 0xa1b2c3d4
	magicNano  = 0xa1b23c4d

	fileHeader   = 24
	recordHeader = 16
	maxRecord    = 16 << 20
	bufferBytes  = 64 << 10
)

// LinkNetlink is the link type of netlink messages: each record begins with 16
// bytes in network byte order (a cooked header, whose last two are the netlink
// protocol), and the message follows in the byte order of the host.
const LinkNetlink = 253

var (
	// ErrFormat tells that a file is no classic capture.
	ErrFormat = errors.New("not a pcap file")
	// ErrTruncated tells that a file ends within a record: whoever wrote it was
	// killed, or its disk was full. All before that record was delivered.
	ErrTruncated = errors.New("capture is cut off")
)

// Begins tells whether a file that begins with head can be a classic capture.
// Four bytes are enough.
func Begins(head []byte) bool {
	order, _ := learn(head)
	return order != nil
}

// learn gives the byte order, and of how many nanoseconds the parts of a second
// are. The order is nil if head is something else.
func learn(head []byte) (binary.ByteOrder, int64) {
	if len(head) < 4 {
		return nil, 0
	}
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		switch order.Uint32(head) {
		case magicMicro:
			return order, 1000
		case magicNano:
			return order, 1
		}
	}
	return nil, 0
}

// A Record is one packet or message.
type Record struct {
	// Time is in nanoseconds since 1970.
	Time int64
	// Length is how many bytes it had.
	Length uint32
	// Data is what was kept of it.
	Data []byte
}

// A Reader reads records as they come, in either byte order. Its methods are
// for one goroutine at a time.
type Reader struct {
	r       *bufio.Reader
	order   binary.ByteOrder
	unit    int64 // nanoseconds
	link    uint16
	records int // begun so far
	offset  int64
	head    [recordHeader]byte
	body    []byte
	record  Record
	err     error
}

// NewReader reads the file's header. Its error wraps ErrFormat or ErrTruncated
// if it is one of these.
func NewReader(r io.Reader) (*Reader, error) {
	n := &Reader{r: bufio.NewReaderSize(r, bufferBytes)}
	var head [fileHeader]byte
	got, err := io.ReadFull(n.r, head[:])
	n.offset = int64(got)
	n.order, n.unit = learn(head[:got])
	switch {
	case got >= 4 && n.order == nil:
		return nil, ErrFormat
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		return nil, fmt.Errorf("%w at byte %d, within its header", ErrTruncated, got)
	case err != nil:
		return nil, fmt.Errorf("read header of capture: %w", err)
	}
	if major := n.order.Uint16(head[4:]); major != 2 {
		return nil, fmt.Errorf("read header of capture: its version is %d.%d, only 2 is known", major, n.order.Uint16(head[6:]))
	}
	n.link = uint16(n.order.Uint32(head[20:])) // what is above tells of checksums
	return n, nil
}

// LinkType tells with which header records begin.
func (r *Reader) LinkType() uint16 { return r.link }

// ByteOrder is that of the host on which the capture was made.
func (r *Reader) ByteOrder() binary.ByteOrder { return r.order }

// Next returns the next record, which is good until the next call.
//
// The error is io.EOF at the end and wraps ErrTruncated if the file ends too
// early. Any other error names the record and where it begins. After an error
// there is only that error.
func (r *Reader) Next() (*Record, error) {
	if r.err == nil {
		r.err = r.read()
	}
	if r.err != nil {
		return nil, r.err
	}
	return &r.record, nil
}

func (r *Reader) read() error {
	start := r.offset
	n, err := io.ReadFull(r.r, r.head[:])
	r.offset += int64(n)
	if err == io.EOF {
		return io.EOF
	}
	r.records++
	if err != nil {
		return r.ends(start, err)
	}
	kept := r.order.Uint32(r.head[8:])
	if kept > maxRecord {
		return fmt.Errorf("read record %d at byte %d: its length is %d, more than %d", r.records, start, kept, maxRecord)
	}
	if err := r.fill(int(kept)); err != nil {
		return r.ends(start, err)
	}
	r.record = Record{
		Time:   int64(r.order.Uint32(r.head[:]))*1e9 + int64(r.order.Uint32(r.head[4:]))*r.unit,
		Length: r.order.Uint32(r.head[12:]),
		Data:   r.body,
	}
	return nil
}

// fill reads the data. Memory grows with what is there, and not with what a
// length claims.
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
			return err
		}
	}
	return nil
}

// ends tells where and why a file ends.
func (r *Reader) ends(start int64, err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("%w at byte %d, within record %d, which begins at byte %d", ErrTruncated, r.offset, r.records, start)
	}
	return fmt.Errorf("read record %d at byte %d: %w", r.records, start, err)
}
