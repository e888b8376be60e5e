package peer

import (
	"encoding/binary"
	"slices"
)

// A scanner reads the engine's encoding, which is MessagePack, so strictly that
// nothing surprising is left for the engine: maps of the fields that a message has, and
// of values without parts.
type scanner struct {
	b    []byte
	at   int
	from *stream // gives more bytes; nil if these are all
	err  error   // why it gave no more
}

// longest is the length of the longest bytes that are taken as a value.
const longest = 1024

// readAhead is how much more is asked for at once.
const readAhead = 4096

// next are the next n bytes.
func (s *scanner) next(n int) ([]byte, bool) {
	for len(s.b)-s.at < n {
		if s.from == nil {
			return nil, false
		}
		if len(s.b) == cap(s.b) {
			s.b = slices.Grow(s.b, readAhead)
		}
		came, err := s.from.pull(s.b[len(s.b):cap(s.b)])
		s.b = s.b[:len(s.b)+came]
		if came == 0 && err != nil {
			s.err = err
			return nil, false
		}
	}
	s.at += n
	return s.b[s.at-n : s.at], true
}

// ended tells whether nothing follows of what has come.
func (s *scanner) ended() bool { return s.at == len(s.b) }

func (s *scanner) byte() (byte, bool) {
	b, ok := s.next(1)
	if !ok {
		return 0, false
	}
	return b[0], true
}

// number reads one of so many bytes.
func (s *scanner) number(bytes int) (uint64, bool) {
	b, ok := s.next(bytes)
	if !ok {
		return 0, false
	}
	var wide [8]byte
	copy(wide[8-bytes:], b)
	return binary.BigEndian.Uint64(wide[:]), true
}

// A kind is of values.
type kind uint8

const (
	kindNumber kind = iota
	kindFlag
	kindBytes // also text, and nothing
)

// A value has no parts.
type value struct {
	kind   kind
	number uint64 // and 1 for a flag that is set
	bytes  []byte
}

// value reads one. Numbers are not negative.
func (s *scanner) value() (v value, ok bool) {
	code, ok := s.byte()
	switch {
	case !ok:
		return v, false
	case code <= 0x7f:
		return value{number: uint64(code)}, true
	case code&^0x1f == 0xa0:
		return s.bytes(uint64(code&0x1f), true)
	case code == 0xc0:
		return value{kind: kindBytes}, true
	case code == 0xc2 || code == 0xc3:
		return value{kind: kindFlag, number: uint64(code & 1)}, true
	case code == 0xc4 || code == 0xd9:
		return s.bytes(s.number(1))
	case code == 0xc5 || code == 0xda:
		return s.bytes(s.number(2))
	case code >= 0xcc && code <= 0xcf:
		v.number, ok = s.number(1 << (code - 0xcc))
		return v, ok
	case code >= 0xd0 && code <= 0xd3:
		size := 1 << (code - 0xd0)
		v.number, ok = s.number(size)
		return v, ok && v.number>>(8*size-1) == 0
	}
	return v, false
}

func (s *scanner) bytes(length uint64, ok bool) (value, bool) {
	if !ok || length > longest {
		return value{}, false
	}
	b, ok := s.next(int(length))
	return value{kind: kindBytes, bytes: b}, ok
}

// A field is one of a message.
type field struct {
	name     string
	kind     kind
	min, max uint64              // of a number
	takes    func(b []byte) bool // of bytes
	optional bool
}

// maxFields is how many a message has at most.
const maxFields = 8

// message reads a map that has the fields, each once. Others are skipped: another
// version of the engine may have more. It gives the numbers of the fields.
func (s *scanner) message(fields []field) (numbers [maxFields]uint64, ok bool) {
	entries, ok := s.byte()
	if !ok || entries&^0x0f != 0x80 {
		return numbers, false
	}
	var seen uint
	for range entries & 0x0f {
		name, ok := s.value()
		if !ok || name.kind != kindBytes {
			return numbers, false
		}
		v, ok := s.value()
		if !ok {
			return numbers, false
		}
		i := 0
		for i < len(fields) && fields[i].name != string(name.bytes) {
			i++ // by index, because fields are long
		}
		if i == len(fields) {
			continue
		}
		if seen&(1<<i) != 0 || !fields[i].allows(v) {
			return numbers, false
		}
		seen |= 1 << i
		numbers[i] = v.number
	}
	for i := range fields {
		if seen&(1<<i) == 0 && !fields[i].optional {
			return numbers, false
		}
	}
	return numbers, true
}

func (f *field) allows(v value) bool {
	switch {
	case v.kind != f.kind:
		return false
	case f.kind == kindBytes:
		return f.takes(v.bytes)
	}
	return f.kind == kindFlag || f.min <= v.number && v.number <= f.max
}
