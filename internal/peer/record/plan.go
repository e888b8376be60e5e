package record

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// A kind is the form of a field in Go.
type kind uint8

const (
	kindUint kind = iota + 1
	kindInt
	kindFloat
	kindBool
	kindText
	kindEnd
	kindStruct
	kindList
)

// form is how the value of the field is written.
func (k kind) form() uint64 {
	switch k {
	case kindEnd, kindStruct, kindList:
		return formBytes
	}
	return formNumber
}

// A field is how one field of a struct is written and read.
type field struct {
	tag      uint64
	index    int
	kind     kind
	optional bool    // a pointer: zero is written, nil is not
	scale    float64 // steps per unit
	max      int     // bytes of a text
	items    int     // of a list
	of       *plan
}

// A plan is the fields of a struct by rising tag. It is made from the tags of
// the type once.
type plan struct {
	typ    reflect.Type
	fields []field
}

// find returns the field with a tag, or nil. It looks from field at on, where
// the reader is.
func (p *plan) find(tag uint64, at int) (*field, int) {
	for ; at < len(p.fields) && p.fields[at].tag <= tag; at++ {
		if p.fields[at].tag == tag {
			return &p.fields[at], at + 1
		}
	}
	return nil, at
}

var reportPlan = planOf(reflect.TypeFor[Report]())

// planOf panics if a type is not one that can be written: its author made a
// mistake.
func planOf(t reflect.Type) *plan {
	p := &plan{typ: t}
	for i := range t.NumField() {
		sf := t.Field(i)
		f := field{index: i, items: maxItems, max: maxText, scale: 1}
		f.read(sf.Tag.Get("wire"))
		f.shape(sf.Type)
		if f.kind == 0 || f.tag == 0 || i > 0 && f.tag <= p.fields[i-1].tag {
			panic(fmt.Sprintf("record: %s.%s has no form", t, sf.Name))
		}
		p.fields = append(p.fields, f)
	}
	return p
}

func (f *field) read(tag string) {
	for i, word := range strings.Split(tag, ",") {
		name, value, _ := strings.Cut(word, "=")
		number, err := strconv.ParseFloat(value, 64)
		switch {
		case i == 0:
			f.tag, _ = strconv.ParseUint(word, 10, 16)
		case err != nil:
			panic("record: " + tag)
		case name == "scale":
			f.scale = number
		case name == "max":
			f.max = int(number)
		case name == "items":
			f.items = int(number)
		}
	}
}

func (f *field) shape(t reflect.Type) {
	if t.Kind() == reflect.Pointer {
		f.optional = true
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Uint64:
		f.kind = kindUint
	case reflect.Int64:
		f.kind = kindInt
	case reflect.Float64:
		f.kind = kindFloat
	case reflect.Bool:
		f.kind = kindBool
	case reflect.String:
		f.kind = kindText
	case reflect.Struct:
		f.kind = kindStruct
		if t == reflect.TypeFor[Endpoint]() {
			f.kind = kindEnd
			return
		}
		f.of = planOf(t)
	case reflect.Slice:
		f.kind = kindList
		f.of = planOf(t.Elem())
	}
}
