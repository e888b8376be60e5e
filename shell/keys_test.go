package shell

import (
	"bytes"
	"testing"
)

func TestTranslateKeys(t *testing.T) {
	tests := map[string]struct {
		keys, want string
		deletes    int32
		open       bool // the end of the keys is part of a character
	}{
		"plain":           {"stop\r", "stop\r", 0, false},
		"line feed":       {"a\nb\r\n", "a\rb\r\r", 0, false},
		"NUL and Ctrl-Z":  {"a\x00b\x1a", "ab", 0, false},
		"only dropped":    {"\x00", "", 0, false},
		"Delete key":      {"a\x1b[3~b\x1b[3~", "a\nb\n", 2, false},
		"other sequence":  {"\x1b[A", "\x1b[A", 0, false},
		"character":       {"é€", "é€", 0, false},
		"half character":  {"a\xe2\x82", "a\xe2\x82", 0, true},
		"broken sequence": {"\xff\xfea", "\xff\xfea", 0, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var k keys
			p := []byte(test.keys)
			got := p[:k.translate(p)]
			if string(got) != test.want || k.deletes.Load() != test.deletes || (len(k.tail) > 0) != test.open {
				t.Errorf("%q, %d deletes, tail %q; want %q, %d, %v", got, k.deletes.Load(), k.tail, test.want, test.deletes, test.open)
			}
		})
	}
}

// The keys that the line editor takes wrongly never reach it, and the poke keys
// are those that are accounted for.
func FuzzTranslateKeys(f *testing.F) {
	f.Add([]byte("stop\r"))
	f.Add([]byte("a\n\x00\x1a\x1b[3~\xe2\x82"))
	f.Fuzz(func(t *testing.T, typed []byte) {
		var k keys
		p := bytes.Clone(typed)
		got := p[:k.translate(p)]
		if bytes.ContainsAny(got, "\x00\x1a") {
			t.Fatalf("%q keeps keys that harm", got)
		}
		if n := bytes.Count(got, []byte{pokeKey}); n != int(k.deletes.Load()) {
			t.Fatalf("%q has %d poke keys, %d are accounted for", got, n, k.deletes.Load())
		}
		if len(k.tail) > 3 {
			t.Fatalf("tail %q is more than a part of a character", k.tail)
		}
	})
}
