package pcapng

import (
	"bytes"
	"encoding/binary"
	"time"
	"unicode/utf8"
)

func put16(b []byte, n uint16) []byte { return binary.NativeEndian.AppendUint16(b, n) }
func put32(b []byte, n uint32) []byte { return binary.NativeEndian.AppendUint32(b, n) }

// begin leaves room for the length, which is known at the end.
func begin(b []byte, kind uint32) []byte { return put32(put32(b, kind), 0) }

var zeros [3]byte

// pad fills up to a multiple of four. All that is in the buffer is such.
func pad(b []byte) []byte { return append(b, zeros[:-len(b)&3]...) }

// endOptions marks the end of the options that begin at start, if there are any.
func endOptions(b []byte, start int) []byte {
	if len(b) == start {
		return b
	}
	return put32(b, optEnd)
}

func putText(b []byte, code uint16, text string) []byte {
	if text == "" {
		return b
	}
	return putOption(b, code, []byte(text))
}

func putComment(b, text []byte) []byte {
	if len(text) == 0 {
		return b
	}
	return putOption(b, optComment, text)
}

func putOption(b []byte, code uint16, text []byte) []byte {
	if !utf8.Valid(text) {
		text = bytes.ToValidUTF8(text, []byte("\uFFFD"))
	}
	text = cut(text, maxValue)
	b = put16(b, code)
	b = put16(b, uint16(len(text)))
	return pad(append(b, text...))
}

// cut keeps at most so many bytes, and only whole characters.
func cut(text []byte, most int) []byte {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}

// putTicks writes nanoseconds as the halves of a number, the higher one first
// in either byte order. There is no time before 1970.
func putTicks(b []byte, ns int64) []byte {
	ticks := uint64(max(ns, 0))
	return put32(put32(b, uint32(ticks>>32)), uint32(ticks))
}

func putTime(b []byte, code uint16, t time.Time) []byte {
	if t.IsZero() {
		return b
	}
	b = put16(b, code)
	b = put16(b, 8)
	return putTicks(b, nanoseconds(t))
}

func putCount(b []byte, code uint16, n *uint64) []byte {
	if n == nil {
		return b
	}
	b = put16(b, code)
	b = put16(b, 8)
	return binary.NativeEndian.AppendUint64(b, *n)
}

// nanoseconds is 0 for a time that is not known.
func nanoseconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}
