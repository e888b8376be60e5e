package rtstat

import (
	"encoding/binary"
	"fmt"
	"strconv"
)

// A form is how a field of a struct of the kernel is stored, and what it means.
type form uint8

const (
	counter32 form = iota
	counter64
	gauge32
	gauge64
	signed32
	signed64
	padding32
)

func (f form) bytes() int {
	switch f {
	case counter64, gauge64, signed64:
		return 8
	}
	return 4
}

type field struct {
	name string
	form form
}

// A layout is a struct of the kernel, from its beginning on. All fields have
// their natural place: the kernel's structs have no holes, only padding fields.
type layout []field

// read appends the fields that the bytes hold. Fields past the end of the bytes
// are those of a newer kernel than the running one.
func (l layout) read(to []Named, data []byte) (named []Named, rest []byte, err error) {
	for _, f := range l {
		if len(data) == 0 {
			return to, nil, nil
		}
		if len(data) < f.form.bytes() {
			return to, nil, fmt.Errorf("field %s has %d bytes, not %d", f.name, len(data), f.form.bytes())
		}
		if f.form != padding32 {
			to = append(to, f.decode(data))
		}
		data = data[f.form.bytes():]
	}
	return to, data, nil
}

func (f field) decode(data []byte) Named {
	n := Named{Name: f.name, Bits: uint8(f.form.bytes() * 8)}
	if n.Bits == 64 {
		n.Value = binary.NativeEndian.Uint64(data)
	} else {
		n.Value = uint64(binary.NativeEndian.Uint32(data))
	}
	switch f.form {
	case gauge32, gauge64:
		n.Gauge = true
	case signed32:
		n.Value = uint64(int64(int32(n.Value)))
		n.Gauge, n.Signed = true, true
	case signed64:
		n.Gauge, n.Signed = true, true
	}
	return n
}

// maxUnknown bounds how many numbers without a name are passed on.
const maxUnknown = 256

// unknown appends the numbers of a struct, or of its end, whose names are not
// known here. Each is named by its place in the struct, counted in numbers of
// that width.
func unknown(to []Named, prefix string, rest []byte, place, bytes int, gauge bool) []Named {
	for i := 0; len(rest) >= bytes && i < maxUnknown; i++ {
		n := Named{Name: prefix + strconv.Itoa(place+i), Bits: uint8(bytes * 8), Gauge: gauge}
		if bytes == 8 {
			n.Value = binary.NativeEndian.Uint64(rest)
		} else {
			n.Value = uint64(binary.NativeEndian.Uint32(rest))
		}
		to = append(to, n)
		rest = rest[bytes:]
	}
	return to
}
