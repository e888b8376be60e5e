package bpf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"time"
	"unsafe"

	"github.com/cilium/ebpf/ringbuf"
)

const (
	eventHeader = uint32(unsafe.Offsetof(bpfDropEvent{}.Data))
	smallPacket = 192 // SMALL_PACKET
)

// An Event is one packet, sent by the drop program.
type Event struct {
	Key     Key // without details, but for Socket and Length
	Time    time.Time
	Sample  bool   // a sample of a group, not one of all packets
	Packets uint32 // on the wire: segments of a merged buffer counted
	CPU     int
	PID     int    // of the process that was running, 0 in an interrupt
	Command string // its name

	// Data begins with the link-layer header if NetworkOffset is not 0. It
	// is valid until the next call of Next.
	Data          []byte
	NetworkOffset int
}

// Next waits for an event until the deadline; a zero deadline waits for ever.
// It returns os.ErrDeadlineExceeded when the deadline has passed and the
// events that were there at that time are read, even if more keep coming, and
// os.ErrClosed after Close.
func (d *Drops) Next(e *Event, deadline time.Time) error {
	if d.woken.Swap(false) || d.late(deadline) && d.rest <= 0 {
		d.overdue = false
		return os.ErrDeadlineExceeded
	}
	if d.config.Idle != nil && d.reader.AvailableBytes() == 0 {
		d.config.Idle()
	}
	d.reader.SetDeadline(deadline)
	if err := d.reader.ReadInto(&d.record); err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, ringbuf.ErrFlushed) {
			d.woken.Store(false)
			d.overdue = false
			return os.ErrDeadlineExceeded
		}
		return err
	}
	d.rest -= len(d.record.RawSample)
	return e.decode(d.record.RawSample, d.clock.now())
}

// late tells whether the deadline has passed. The first time it also notes how
// much there is to read.
func (d *Drops) late(deadline time.Time) bool {
	if deadline.IsZero() || !time.Now().After(deadline) {
		d.overdue = false
		return false
	}
	if !d.overdue {
		d.overdue = true
		d.rest = d.reader.AvailableBytes()
	}
	return true
}

// Wake ends a waiting Next, or the next one, early, which then returns as at
// its deadline. It may be called from any goroutine, until Close.
func (d *Drops) Wake() {
	d.woken.Store(true)
	// fails only after Close, when nobody waits
	_ = d.reader.Flush()
}

func (e *Event) decode(raw []byte, now reading) error {
	if len(raw) < int(eventHeader) {
		return fmt.Errorf("decode event: %d bytes, at least %d expected", len(raw), eventHeader)
	}
	n := binary.NativeEndian
	captured, offset := int(n.Uint16(raw[72:])), int(n.Uint16(raw[74:]))
	data := raw[eventHeader:]
	if captured > len(data) {
		return fmt.Errorf("decode event: %d bytes of packet announced, %d there", captured, len(data))
	}
	key := plainKey(raw)
	key.Socket = n.Uint64(raw[32:])
	key.Length = n.Uint32(raw[40:])
	command, _, _ := bytes.Cut(raw[56:72], []byte{0})
	*e = Event{
		Key:           key,
		Time:          now.when(n.Uint64(raw[24:])),
		Packets:       n.Uint32(raw[44:]) + 1,
		CPU:           int(n.Uint32(raw[48:])),
		PID:           int(n.Uint32(raw[52:])),
		Command:       string(command),
		Sample:        raw[76] != 0,
		Data:          data[:captured],
		NetworkOffset: min(offset, captured),
	}
	return nil
}
