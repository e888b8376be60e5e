package tracefs

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// entryTypes are the numbers of entries that are no records.
type entryTypes struct {
	padding, extend, absolute uint32
	longest                   uint32 // type of the longest record whose type is its length
}

// An entry is what a page consists of.
type entry struct {
	size     int
	delta    uint64 // ns since the entry before
	absolute bool   // delta is the low bits of the time
	record   []byte // nil if it is none
}

// Bits of an entry's first word, and of the time in a longer entry.
const (
	typeBits     = 5
	deltaBits    = 27
	absoluteBits = deltaBits + 32
)

// parseEntryTypes reads events/header_event.
func parseEntryTypes(text string) (entryTypes, error) {
	values := make(map[string]uint32)
	for line := range strings.Lines(text) {
		name, value, ok := cutLast(line)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(value, 10, 32)
		if err != nil {
			return entryTypes{}, fmt.Errorf("entry header: %q: %w", strings.TrimSpace(line), err)
		}
		values[name] = uint32(n)
	}
	t := entryTypes{
		padding: values["padding"], extend: values["time_extend"],
		absolute: values["time_stamp"], longest: values["data max type_len"],
	}
	if values["type_len"] != typeBits || values["time_delta"] != deltaBits || values["array"] != 32 {
		return t, fmt.Errorf("entry header of an unknown layout: %v", values)
	}
	if t.padding <= t.longest || t.extend <= t.longest || t.absolute <= t.longest || t.padding == t.extend || t.padding == t.absolute || t.extend == t.absolute {
		return t, fmt.Errorf("entry header of unknown types: %v", values)
	}
	return t, nil
}

// cutLast splits lines such as "padding : type == 29" and "array : 32 bits"
// into name and number.
func cutLast(line string) (name, value string, ok bool) {
	if name, value, ok = strings.Cut(line, "=="); ok {
		name, _, _ = strings.Cut(name, ":")
	} else if name, value, ok = strings.Cut(line, ":"); ok {
		value = strings.TrimSuffix(strings.TrimSpace(value), "bits")
	}
	return strings.TrimSpace(name), strings.TrimSpace(value), ok
}

var errShort = errors.New("it does not fit")

// entry reads the first entry of data.
func (t *entryTypes) entry(data []byte) (entry, error) {
	if len(data) < 4 {
		return entry{}, errShort
	}
	kind, delta := split(binary.NativeEndian.Uint32(data))
	if kind > 0 && kind <= t.longest {
		return record(data, delta, 4, 4*int(kind))
	}
	if kind == t.padding && delta == 0 { // nothing follows
		return entry{size: len(data)}, nil
	}
	if len(data) < 8 {
		return entry{}, errShort
	}
	array := binary.NativeEndian.Uint32(data[4:])
	switch kind {
	case 0, t.padding:
		// the array begins with the length, itself included
		if array < 4 || uint64(array) > uint64(len(data)) {
			return entry{}, errShort
		}
		e, err := record(data, delta, 8, (int(array)-4+3)&^3)
		if kind == t.padding { // a record that was taken back
			e.record = nil
		}
		return e, err
	case t.extend, t.absolute:
		return entry{size: 8, delta: delta | uint64(array)<<deltaBits, absolute: kind == t.absolute}, nil
	}
	return entry{}, fmt.Errorf("unknown type %d", kind)
}

func record(data []byte, delta uint64, offset, length int) (entry, error) {
	if offset+length > len(data) {
		return entry{}, errShort
	}
	return entry{size: offset + length, delta: delta, record: data[offset : offset+length]}, nil
}

// split takes the first word apart. It is a C bit field, whose order is that of
// the bytes.
func split(word uint32) (kind uint32, delta uint64) {
	if binary.NativeEndian.Uint16([]byte{1, 0}) == 1 {
		return word & (1<<typeBits - 1), uint64(word >> typeBits)
	}
	return word >> deltaBits, uint64(word & (1<<deltaBits - 1))
}

// time is the time of the entry after one at before.
func (e *entry) time(before uint64) uint64 {
	if !e.absolute {
		return before + e.delta
	}
	const low = 1<<absoluteBits - 1
	stamp := before&^low | e.delta
	if stamp < before && before&^low != 0 { // the low bits have wrapped
		stamp += low + 1
	}
	return stamp
}
