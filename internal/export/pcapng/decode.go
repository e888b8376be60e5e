package pcapng

import (
	"errors"
	"fmt"
	"time"
)

var errShort = errors.New("it is too short for what it holds")

// decode returns nil for a block that is skipped.
func (r *Reader) decode(kind uint32, body []byte) (Block, error) {
	switch kind {
	case typeSection:
		return result(r.section(body))
	case typeInterface:
		return result(r.newInterface(body))
	case typeEnhanced:
		return result(r.enhanced(body))
	case typeObsolete:
		return result(r.obsolete(body))
	case typeSimple:
		return result(r.simple(body))
	case typeStatistics:
		return result(r.statistics(body))
	case typeLocal:
		return result(r.local(body))
	}
	return nil, nil
}

// result keeps a nil pointer from becoming a Block that is not nil.
func result[B Block](b B, err error) (Block, error) {
	if err != nil {
		return nil, err
	}
	return b, nil
}

func (r *Reader) section(body []byte) (*Section, error) {
	if len(body) < 16 {
		return nil, errShort
	}
	if major := r.order.Uint16(body[4:]); major != 1 {
		return nil, fmt.Errorf("its version is %d.%d, only 1 is known", major, r.order.Uint16(body[6:]))
	}
	s := new(Section)
	err := r.options(body[16:], func(code uint16, value []byte) {
		switch code {
		case optComment:
			s.Comments = append(s.Comments, string(value))
		case sectionHardware:
			s.Hardware = string(value)
		case sectionOS:
			s.OS = string(value)
		case sectionApplication:
			s.Application = string(value)
		}
	})
	return s, err
}

func (r *Reader) newInterface(body []byte) (*Interface, error) {
	if len(body) < 8 {
		return nil, errShort
	}
	i := &Interface{ID: uint32(len(r.clocks)), LinkType: r.order.Uint16(body), Snap: r.order.Uint32(body[4:])}
	c := microseconds
	err := r.options(body[8:], func(code uint16, value []byte) {
		switch {
		case code == interfaceName:
			i.Name = string(value)
		case code == interfaceDescription:
			i.Description = string(value)
		case code == interfaceHardware:
			i.Hardware = string(value)
		case code == interfaceOS:
			i.OS = string(value)
		case code == interfaceResolution && len(value) == 1:
			c.resolution = value[0]
		case code == interfaceOffset && len(value) == 8:
			c.offset = int64(r.order.Uint64(value))
		}
	})
	r.clocks = append(r.clocks, c)
	r.snaps = append(r.snaps, i.Snap)
	return i, err
}

func (r *Reader) enhanced(body []byte) (*Packet, error) {
	if len(body) < 20 {
		return nil, errShort
	}
	return r.packetAt(r.order.Uint32(body), body)
}

// obsolete reads a block whose interface has but half of the place, next to a
// count of drops.
func (r *Reader) obsolete(body []byte) (*Packet, error) {
	if len(body) < 20 {
		return nil, errShort
	}
	return r.packetAt(uint32(r.order.Uint16(body)), body)
}

// packetAt reads what follows the interface, and is the same in two kinds of
// blocks.
func (r *Reader) packetAt(id uint32, body []byte) (*Packet, error) {
	c, err := r.clock(id)
	if err != nil {
		return nil, err
	}
	kept, rest := r.order.Uint32(body[12:]), body[20:]
	if uint64(kept) > uint64(len(rest)) {
		return nil, errShort
	}
	r.packet = Packet{
		Interface: id,
		Time:      c.nanoseconds(r.ticks(body[4:])),
		Length:    r.order.Uint32(body[16:]),
		Data:      rest[:kept],
	}
	// The block's length is a multiple of four, and so is rest's.
	err = r.options(rest[padded(int(kept)):], func(code uint16, value []byte) {
		switch {
		case code == optComment && r.packet.Comment == nil:
			r.packet.Comment = value
		case code == packetRow && len(value) == 4:
			r.packet.Row = r.order.Uint32(value)
		}
	})
	return &r.packet, err
}

// simple reads a packet of the first interface, which has no time, and shows
// by the block's length alone how much of it was kept.
func (r *Reader) simple(body []byte) (*Packet, error) {
	if len(body) < 4 {
		return nil, errShort
	}
	if _, err := r.clock(0); err != nil {
		return nil, err
	}
	length, data := r.order.Uint32(body), body[4:]
	kept := uint64(length)
	if snap := r.snaps[0]; snap != 0 {
		kept = min(kept, uint64(snap))
	}
	if kept > uint64(len(data)) {
		return nil, errShort
	}
	r.packet = Packet{Length: length, Data: data[:kept]}
	return &r.packet, nil
}

func (r *Reader) statistics(body []byte) (*Statistics, error) {
	if len(body) < 12 {
		return nil, errShort
	}
	s := &Statistics{Interface: r.order.Uint32(body)}
	c, err := r.clock(s.Interface)
	if err != nil {
		return nil, err
	}
	err = r.options(body[12:], func(code uint16, value []byte) {
		if code == optComment && s.Comment == "" {
			s.Comment = string(value)
		}
		if len(value) != 8 {
			return
		}
		switch code {
		case statisticsStart:
			s.Start = time.Unix(0, c.nanoseconds(r.ticks(value)))
		case statisticsEnd:
			s.End = time.Unix(0, c.nanoseconds(r.ticks(value)))
		case statisticsReceived:
			s.Received = new(r.order.Uint64(value))
		case statisticsDropped:
			s.Dropped = new(r.order.Uint64(value))
		case statisticsOSDropped:
			s.OSDropped = new(r.order.Uint64(value))
		}
	})
	return s, err
}

func (r *Reader) local(body []byte) (*Local, error) {
	if len(body) < 8 {
		return nil, errShort
	}
	length, payload := r.order.Uint32(body[4:]), body[8:]
	if uint64(length) > uint64(len(payload)) {
		return nil, errShort
	}
	return &Local{Kind: r.order.Uint32(body), Payload: payload[:length]}, nil
}

func (r *Reader) clock(id uint32) (clock, error) {
	if uint64(id) >= uint64(len(r.clocks)) {
		return clock{}, fmt.Errorf("it is of interface %d, but only %d were described", id, len(r.clocks))
	}
	return r.clocks[id], nil
}

// ticks reads a time, whose higher half comes first in either byte order.
func (r *Reader) ticks(b []byte) uint64 {
	return uint64(r.order.Uint32(b))<<32 | uint64(r.order.Uint32(b[4:]))
}

// options gives each option until the end of b or the mark of the end.
func (r *Reader) options(b []byte, each func(code uint16, value []byte)) error {
	for len(b) >= 4 {
		code, length := r.order.Uint16(b), int(r.order.Uint16(b[2:]))
		b = b[4:]
		if code == optEnd {
			return nil
		}
		if padded(length) > len(b) {
			return fmt.Errorf("its option %#x has %d bytes, but %d are left", code, length, len(b))
		}
		each(code, b[:length:length])
		b = b[padded(length):]
	}
	return nil
}

func padded(n int) int { return (n + 3) &^ 3 }
