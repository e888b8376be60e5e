package peer

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestKeysChange(t *testing.T) {
	a, b := bytes.Repeat([]byte{1}, keyBytes), bytes.Repeat([]byte{2}, keyBytes)
	if KeyID(a) == KeyID(b) || len(KeyID(a)) != 8 {
		t.Fatalf("ids are %s and %s", KeyID(a), KeyID(b))
	}
	keys, err := AddKey([][]byte{a}, b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]byte{a, b}, keys); diff != "" {
		t.Error("a new key is for reading first:", diff)
	}
	if _, err := RemoveKey(keys, KeyID(a)); err == nil {
		t.Error("the key for sending was removed")
	}
	if keys, err = UseKey(keys, KeyID(b)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]byte{b, a}, keys); diff != "" {
		t.Error(diff)
	}
	if keys, err = RemoveKey(keys, KeyID(a)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]byte{b}, keys); diff != "" {
		t.Error(diff)
	}
	if _, err := UseKey(keys, "00000000"); err == nil {
		t.Error("a key that is not there was used")
	}
	for range maxKeys - 1 {
		if keys, err = AddKey(keys, NewKey()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := AddKey(keys, NewKey()); err == nil {
		t.Error("more keys than can be loaded")
	}
}
