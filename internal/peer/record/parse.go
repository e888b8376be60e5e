package record

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"reflect"
)

// A malformed error says where a payload is wrong.
func malformed(what string) error { return fmt.Errorf("%w: %s", ErrMalformed, what) }

// A reader holds what is left of a payload.
type reader struct {
	data  []byte
	texts []string
}

// parseReport reads a payload. Nothing of data is kept.
func parseReport(data []byte) (*Report, error) {
	in := reader{data: data}
	if err := in.table(); err != nil {
		return nil, err
	}
	report := new(Report)
	if err := in.structure(reflect.ValueOf(report).Elem(), reportPlan); err != nil {
		return nil, err
	}
	return report, nil
}

// table reads the strings. One copy is made of them all.
func (in *reader) table() error {
	count, err := in.number()
	if err != nil {
		return err
	}
	if count > maxTexts || count > uint64(len(in.data)) {
		return malformed("too many strings")
	}
	in.texts = make([]string, count)
	for i := range in.texts {
		text, err := in.bytes()
		if err != nil {
			return err
		}
		if len(text) > maxText {
			return malformed("string is too long")
		}
		in.texts[i] = cleanText(string(text), maxText)
	}
	return nil
}

func (in *reader) number() (uint64, error) {
	x, n := binary.Uvarint(in.data)
	if n <= 0 {
		return 0, malformed("number is cut off or too large")
	}
	in.data = in.data[n:]
	return x, nil
}

func (in *reader) bytes() ([]byte, error) {
	size, err := in.number()
	if err != nil {
		return nil, err
	}
	if size > uint64(len(in.data)) {
		return nil, malformed("length is more than there is")
	}
	value := in.data[:size]
	in.data = in.data[size:]
	return value, nil
}

// structure reads fields until the data ends, and skips those it does not know.
func (in *reader) structure(v reflect.Value, p *plan) error {
	var last uint64
	for at := 0; len(in.data) > 0; {
		key, err := in.number()
		if err != nil {
			return err
		}
		tag := key >> 1
		if tag <= last {
			return malformed("fields are not in order")
		}
		last = tag
		var f *field
		f, at = p.find(tag, at)
		if f != nil && f.kind.form() != key&1 {
			return malformed("field has another form")
		}
		if err := in.field(v, f, key&1); err != nil {
			return err
		}
	}
	return nil
}

// field reads the value of a field of v, or of one that is not known.
func (in *reader) field(v reflect.Value, f *field, form uint64) error {
	if form == formNumber {
		x, err := in.number()
		if err != nil || f == nil {
			return err
		}
		return in.set(target(v, f), f, x)
	}
	data, err := in.bytes()
	if err != nil || f == nil {
		return err
	}
	inner := reader{data: data, texts: in.texts}
	switch f.kind {
	case kindStruct:
		return inner.structure(target(v, f), f.of)
	case kindList:
		return inner.list(v.Field(f.index), f)
	}
	end, err := parseEnd(data)
	if err == nil {
		v.Field(f.index).Set(reflect.ValueOf(end))
	}
	return err
}

// target returns the place for the value of a field.
func target(v reflect.Value, f *field) reflect.Value {
	v = v.Field(f.index)
	if f.optional {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	return v
}

func (in *reader) set(v reflect.Value, f *field, x uint64) error {
	switch f.kind {
	case kindUint:
		v.SetUint(x)
	case kindInt:
		v.SetInt(unzigzag(x))
	case kindFloat:
		v.SetFloat(float64(unzigzag(x)) / f.scale)
	case kindBool:
		v.SetBool(x != 0)
	case kindText:
		if x >= uint64(len(in.texts)) {
			return malformed("no such string")
		}
		v.SetString(cleanText(in.texts[x], f.max))
	}
	return nil
}

// list reads rows. What it makes is bounded by what is there and by the limit
// of the list: a first look counts.
func (in *reader) list(v reflect.Value, f *field) error {
	count := 0
	for ahead := *in; len(ahead.data) > 0; count++ {
		if _, err := ahead.bytes(); err != nil {
			return err
		}
	}
	if count > f.items {
		return malformed("list is too long")
	}
	rows := reflect.MakeSlice(v.Type(), count, count)
	for i := range count {
		data, err := in.bytes()
		if err != nil {
			return err
		}
		row := reader{data: data, texts: in.texts}
		if err := row.structure(rows.Index(i), f.of); err != nil {
			return err
		}
	}
	v.Set(rows)
	return nil
}

func parseEnd(data []byte) (Endpoint, error) {
	var end Endpoint
	switch len(data) {
	case 4 + 2, 16 + 2:
		end.Port = binary.BigEndian.Uint16(data[len(data)-2:])
		data = data[:len(data)-2]
	}
	addr, ok := netip.AddrFromSlice(data)
	if !ok {
		return Endpoint{}, malformed("address has an odd length")
	}
	end.Addr = addr
	return end, nil
}
