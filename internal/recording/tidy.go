package recording

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxText is how many bytes a text of a file may have.
const maxText = 4096

// decode reads a block of our own, which anybody may have written: it is
// bounded, and its texts can be printed on a terminal.
func decode(name string, payload []byte, most int, into any) error {
	if len(payload) > most {
		return fmt.Errorf("read %s: %d bytes are more than %d", name, len(payload), most)
	}
	if err := json.Unmarshal(payload, into); err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	tidy(reflect.ValueOf(into))
	return nil
}

// tidy makes all texts in a value fit to be printed. The types of this package
// and of reports are no deeper than it is safe to go.
func tidy(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			tidy(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() || v.Type().Field(i).Anonymous {
				tidy(v.Field(i))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			tidy(v.Index(i))
		}
	case reflect.String:
		if text := v.String(); v.CanSet() && !printable(text) {
			v.SetString(printed(text))
		}
	}
}

func printable(text string) bool {
	return len(text) <= maxText && strings.IndexFunc(text, unicode.IsControl) < 0
}

func printed(text string) string {
	if len(text) > maxText {
		cut := maxText
		for cut > 0 && !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut]
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '?'
		}
		return r
	}, text)
}
