package record

import (
	"encoding/binary"
	"math"
	"reflect"
	"slices"
)

const (
	formNumber = 0
	formBytes  = 1
)

// maxExact bounds the steps of a fraction: up to here it arrives exactly as it
// was sent, also after multiplying and dividing. Larger ones are absent.
const maxExact = 1 << 50

// A table gives strings their places.
type table struct {
	texts []string
	place map[string]uint64
}

func (t *table) add(s string) uint64 {
	at, ok := t.place[s]
	if !ok {
		at = uint64(len(t.texts))
		t.place[s] = at
		t.texts = append(t.texts, s)
	}
	return at
}

// appendReport writes a payload.
func appendReport(b []byte, r *Report) []byte {
	t := &table{place: map[string]uint64{}}
	body := t.appendStruct(nil, reflect.ValueOf(r).Elem(), reportPlan)
	b = binary.AppendUvarint(b, uint64(len(t.texts)))
	for _, text := range t.texts {
		b = binary.AppendUvarint(b, uint64(len(text)))
		b = append(b, text...)
	}
	return append(b, body...)
}

func (t *table) appendStruct(b []byte, v reflect.Value, p *plan) []byte {
	for i := range p.fields {
		f := &p.fields[i]
		b = t.appendField(b, v.Field(f.index), f)
	}
	return b
}

// appendField writes a field that is not absent.
func (t *table) appendField(b []byte, v reflect.Value, f *field) []byte {
	absent := v.IsZero() // for a list: nil, not empty
	if f.optional && !absent {
		v = v.Elem()
	}
	if absent {
		return b
	}
	key := f.tag<<1 | f.kind.form()
	switch f.kind {
	case kindEnd:
		end := v.Interface().(Endpoint)
		if end.IsZero() {
			return b // a port without an address
		}
		return appendBytes(binary.AppendUvarint(b, key), func(b []byte) []byte { return appendEnd(b, end) })
	case kindStruct:
		return appendBytes(binary.AppendUvarint(b, key), func(b []byte) []byte { return t.appendStruct(b, v, f.of) })
	case kindList:
		return appendBytes(binary.AppendUvarint(b, key), func(b []byte) []byte { return t.appendList(b, v, f) })
	}
	number, ok := t.number(v, f)
	if !ok {
		return b
	}
	return binary.AppendUvarint(binary.AppendUvarint(b, key), number)
}

// number returns what stands for a value; not every one has it.
func (t *table) number(v reflect.Value, f *field) (uint64, bool) {
	switch f.kind {
	case kindUint:
		return v.Uint(), true
	case kindInt:
		return zigzag(v.Int()), true
	case kindFloat:
		x := math.Round(v.Float() * f.scale)
		return zigzag(int64(x)), math.Abs(x) <= maxExact // and no NaN
	case kindBool:
		if v.Bool() {
			return 1, true
		}
		return 0, true
	case kindText:
		if text := cleanText(v.String(), f.max); text != "" {
			return t.add(text), true
		}
	}
	return 0, false
}

func (t *table) appendList(b []byte, v reflect.Value, f *field) []byte {
	for i := range min(v.Len(), f.items) {
		b = appendBytes(b, func(b []byte) []byte { return t.appendStruct(b, v.Index(i), f.of) })
	}
	return b
}

func appendEnd(b []byte, e Endpoint) []byte {
	b = append(b, e.Addr.AsSlice()...)
	if e.Port != 0 {
		b = binary.BigEndian.AppendUint16(b, e.Port)
	}
	return b
}

// appendBytes writes the length of what fill appends in front of it.
func appendBytes(b []byte, fill func([]byte) []byte) []byte {
	start := len(b)
	b = fill(append(b, 0))
	var size [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(size[:], uint64(len(b)-start-1))
	b[start] = size[0]
	return slices.Insert(b, start+1, size[1:n]...)
}

func zigzag(x int64) uint64 { return uint64(x)<<1 ^ uint64(x>>63) }

func unzigzag(x uint64) int64 { return int64(x>>1) ^ -int64(x&1) }
