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

	recordHeader = 8 // of the kernel, before each event
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
//
// The first event after a pause is returned at once. What follows is collected
// for some 10 ms, so that a flood does not wake us for every packet.
func (d *Drops) Next(e *Event, deadline time.Time) error {
	if d.collection == nil {
		return os.ErrClosed
	}
	for {
		if d.woken.Swap(false) {
			return d.ended()
		}
		// The clocks cost as much as all the rest.
		if d.more <= 0 || d.read%256 == 0 {
			if !d.await(deadline) {
				return d.ended()
			}
			d.now = d.clock.now()
		}
		err := d.reader.ReadInto(&d.record)
		if err == nil {
			break
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, ringbuf.ErrFlushed) {
			return err
		}
		if d.woken.Swap(false) || !deadline.IsZero() && time.Until(deadline) < time.Millisecond {
			return d.ended()
		}
		d.more = 0 // that was left from an earlier Wake or deadline
	}
	d.read++
	d.more = d.record.Remaining
	d.rest -= len(d.record.RawSample) + recordHeader
	return e.decode(d.record.RawSample, d.now, d.names)
}

// ended is what Next returns at its deadline.
func (d *Drops) ended() error {
	d.overdue, d.more = false, 0
	return os.ErrDeadlineExceeded
}

// await returns false at the deadline or after a Wake, and true when there is
// an event or none has come for a while: then the kernel shall wake us.
//
// The kernel only tells of an event when all before it are read. While we sleep
// that happens once.
func (d *Drops) await(deadline time.Time) bool {
	for d.reader.AvailableBytes() == 0 {
		if d.late(deadline) {
			return false
		}
		if d.config.Idle != nil {
			d.config.Idle()
		}
		if d.read == d.slept {
			break
		}
		d.slept = d.read
		d.sleep(deadline)
		if d.woken.Swap(false) {
			return false
		}
	}
	d.reader.SetDeadline(deadline)
	return !d.late(deadline) || d.rest > 0
}

// longestSleep is how late an event can be.
const longestSleep = 10 * time.Millisecond

// sleepFor is how long we may sleep without losing events, if they do not fill
// half the buffer in less: about a gigabyte a second.
func sleepFor(buffer int) time.Duration {
	return min(longestSleep, time.Duration(buffer/2)*time.Nanosecond)
}

// sleep ends early at the deadline, or by Wake.
func (d *Drops) sleep(deadline time.Time) {
	length := sleepFor(d.reader.BufferSize())
	if !deadline.IsZero() {
		length = min(length, time.Until(deadline))
	}
	d.timer.Reset(length)
	select {
	case <-d.timer.C:
	case <-d.alarm:
	}
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
	select {
	case d.alarm <- struct{}{}:
	default:
	}
	// fails only after Close, when nobody waits
	_ = d.reader.Flush()
}

// names keeps one copy of each: an event's bytes do not stay, and there are few
// names.
type names map[string]string

// mostNames bounds them: a process can choose its name.
const mostNames = 1024

func (n names) of(raw []byte) string {
	raw, _, _ = bytes.Cut(raw, []byte{0})
	if known, ok := n[string(raw)]; ok {
		return known
	}
	if len(n) >= mostNames {
		clear(n)
	}
	text := string(raw)
	n[text] = text
	return text
}

// decode allocates nothing but for a new name.
func (e *Event) decode(raw []byte, now reading, names names) error {
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
	*e = Event{
		Key:           key,
		Time:          now.when(n.Uint64(raw[24:])),
		Packets:       n.Uint32(raw[44:]) + 1,
		CPU:           int(n.Uint32(raw[48:])),
		PID:           int(n.Uint32(raw[52:])),
		Command:       names.of(raw[56:72]),
		Sample:        raw[76] != 0,
		Data:          data[:captured],
		NetworkOffset: min(offset, captured),
	}
	return nil
}
