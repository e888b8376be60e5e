package pcapng

import (
	"encoding/binary"
	"fmt"
	"io"
)

const (
	bufferBytes = 64 << 10
	// most of a block that is not options: a packet, or a local payload
	maxPayload = maxBlock - 4*maxValue
)

// A Writer writes one section. It keeps whole blocks in a buffer until some
// 64 KiB are together or Flush is called, so that every Write to what is below
// is of whole blocks. Its methods are for one goroutine at a time.
//
// After an error of what is below all methods return that error.
type Writer struct {
	w          io.Writer
	buffer     []byte
	size       int64
	interfaces uint32
	taken      uint64 // packets
	written    uint64 // packets
	err        error
}

// NewWriter begins a section. Numbers are in the byte order of the host.
func NewWriter(w io.Writer, s Section) (*Writer, error) {
	n := &Writer{w: w, buffer: make([]byte, 0, bufferBytes+bufferBytes/4)}
	b := begin(n.buffer, typeSection)
	b = put32(b, byteOrderMagic)
	b = put16(b, 1) // version 1.0
	b = put16(b, 0)
	b = put32(b, lengthUnknown)
	b = put32(b, lengthUnknown)
	options := len(b)
	b = putText(b, sectionHardware, s.Hardware)
	b = putText(b, sectionOS, s.OS)
	b = putText(b, sectionApplication, s.Application)
	for _, comment := range s.Comments {
		b = putText(b, optComment, comment)
	}
	return n, n.end(endOptions(b, options))
}

// AddInterface makes an interface known and returns its number, which its
// packets then carry. Its times are in nanoseconds.
func (w *Writer) AddInterface(i Interface) (uint32, error) {
	b := begin(w.buffer, typeInterface)
	b = put16(b, i.LinkType)
	b = put16(b, 0)
	b = put32(b, i.Snap)
	options := len(b)
	b = putText(b, interfaceName, i.Name)
	b = putText(b, interfaceDescription, i.Description)
	b = putText(b, interfaceHardware, i.Hardware)
	b = putText(b, interfaceOS, i.OS)
	b = put16(b, interfaceResolution)
	b = put16(b, 1)
	b = append(b, 9, 0, 0, 0)
	w.interfaces++
	return w.interfaces - 1, w.end(endOptions(b, options))
}

// WritePacket adds a packet, of which nothing is kept after the call. It is an
// error if its interface was not added, or its data are beyond 15 MiB.
func (w *Writer) WritePacket(p *Packet) error {
	if p.Interface >= w.interfaces {
		return fmt.Errorf("write packet: there is no interface %d yet", p.Interface)
	}
	if len(p.Data) > maxPayload {
		return fmt.Errorf("write packet: %d bytes are more than %d", len(p.Data), maxPayload)
	}
	b := begin(w.buffer, typeEnhanced)
	b = put32(b, p.Interface)
	b = putTicks(b, p.Time)
	b = put32(b, uint32(len(p.Data)))
	b = put32(b, max(p.Length, uint32(len(p.Data))))
	b = pad(append(b, p.Data...))
	options := len(b)
	b = putComment(b, p.Comment)
	if p.Row != 0 {
		b = put16(b, packetRow)
		b = put16(b, 4)
		b = put32(b, p.Row)
	}
	w.taken++
	return w.end(endOptions(b, options))
}

// WriteLocal adds a block that only our own reader understands, of at most
// 15 MiB.
func (w *Writer) WriteLocal(kind uint32, payload []byte) error {
	if len(payload) > maxPayload {
		return fmt.Errorf("write local block: %d bytes are more than %d", len(payload), maxPayload)
	}
	b := begin(w.buffer, typeLocal)
	b = put32(b, kind)
	b = put32(b, uint32(len(payload)))
	return w.end(pad(append(b, payload...)))
}

// WriteStatistics adds what is known of an interface, as a rule at the end.
func (w *Writer) WriteStatistics(s *Statistics) error {
	if s.Interface >= w.interfaces {
		return fmt.Errorf("write statistics: there is no interface %d yet", s.Interface)
	}
	b := begin(w.buffer, typeStatistics)
	b = put32(b, s.Interface)
	b = putTicks(b, nanoseconds(s.End))
	options := len(b)
	b = putText(b, optComment, s.Comment)
	b = putTime(b, statisticsStart, s.Start)
	b = putTime(b, statisticsEnd, s.End)
	b = putCount(b, statisticsReceived, s.Received)
	b = putCount(b, statisticsDropped, s.Dropped)
	b = putCount(b, statisticsOSDropped, s.OSDropped)
	return w.end(endOptions(b, options))
}

// Size is how many bytes the section has so far, those in the buffer included.
func (w *Writer) Size() int64 { return w.size + int64(len(w.buffer)) }

// Packets is how many packets are wholly in what is below. After a Flush
// without an error these are all that were given.
func (w *Writer) Packets() uint64 { return w.written }

// end completes the block with which b ends, and takes b as the buffer.
func (w *Writer) end(b []byte) error {
	if w.err != nil {
		return w.err
	}
	start := len(w.buffer)
	length := uint32(len(b) - start + 4)
	b = put32(b, length)
	binary.NativeEndian.PutUint32(b[start+4:], length)
	w.buffer = b
	if len(b) < bufferBytes {
		return nil
	}
	return w.Flush()
}

// Flush writes what is in the buffer.
func (w *Writer) Flush() error {
	if w.err != nil || len(w.buffer) == 0 {
		return w.err
	}
	n, err := w.w.Write(w.buffer)
	if err == nil && n < len(w.buffer) {
		err = io.ErrShortWrite
	}
	if err != nil {
		w.err = fmt.Errorf("write recording: %w", err)
		w.salvage(n)
		return w.err
	}
	w.written = w.taken
	w.size += int64(n)
	w.buffer = w.buffer[:0]
	if cap(w.buffer) > 1<<20 { // a large block was there once
		w.buffer = make([]byte, 0, bufferBytes+bufferBytes/4)
	}
	return nil
}

// salvage counts the packets among the n bytes that were written although the
// Write failed. If nothing was written, as by a file that takes all or nothing,
// there can still be room for some of the blocks.
func (w *Writer) salvage(n int) {
	blocks, retry := w.buffer, n == 0
	w.buffer = nil
	for len(blocks) > 0 {
		block := blocks[:binary.NativeEndian.Uint32(blocks[4:])]
		if retry {
			if _, err := w.w.Write(block); err != nil {
				return
			}
		} else if n -= len(block); n < 0 {
			return
		}
		w.size += int64(len(block))
		if binary.NativeEndian.Uint32(block) == typeEnhanced {
			w.written++
		}
		blocks = blocks[len(block):]
	}
}
