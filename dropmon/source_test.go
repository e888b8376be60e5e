package dropmon

import (
	"errors"
	"os"
	"strings"
	"testing"
)

func TestOpenAny(t *testing.T) {
	works := func(Config) (Source, error) { return newNetDM(Config{Coarse: true}), nil }
	fails := func(text string, err error) func(Config) (Source, error) {
		return func(Config) (Source, error) { return nil, errors.Join(errors.New(text), err) }
	}
	first, err := openAny(Config{}, works, fails("never asked", nil))
	if err != nil || len(first.Notes()) != 1 {
		t.Errorf("first choice: %v, notes %q", err, first.Notes())
	}
	second, err := openAny(Config{}, fails("no BTF", nil), works)
	if err != nil {
		t.Fatal(err)
	}
	if notes := second.Notes(); len(notes) != 2 || !strings.Contains(notes[0], "using source netdm: no BTF") {
		t.Errorf("second choice does not say why: %q", notes)
	}
	if _, err := openAny(Config{}, fails("A", os.ErrPermission), fails("B", nil)); err == nil || strings.Contains(err.Error(), "B") {
		t.Errorf("without privileges: %v, want the first cause only", err)
	}
	if _, err := openAny(Config{}, fails("A", nil), fails("B", os.ErrPermission)); err == nil || !strings.Contains(err.Error(), "A") || !strings.Contains(err.Error(), "B") {
		t.Errorf("nothing works: %v, want all causes", err)
	}
}
