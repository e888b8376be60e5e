package nldump

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

func TestWalk(t *testing.T) {
	type seen struct {
		Type   uint16
		Data   string
		Offset int
	}
	attribute := func(kind uint16, data string) []byte { return Append(nil, kind, []byte(data)) }
	for _, test := range []struct {
		name string
		data []byte
		want []seen
		err  string
	}{
		{"none", nil, nil, ""},
		{"two", join(attribute(1, "a"), attribute(2, "bcde")), []seen{{1, "a", 4}, {2, "bcde", 12}}, ""},
		{"flags", attribute(5|unix.NLA_F_NESTED|unix.NLA_F_NET_BYTEORDER, ""), []seen{{5, "", 4}}, ""},
		{"no padding at the end", attribute(3, "xyz")[:7], []seen{{3, "xyz", 4}}, ""},
		{"rest", append(attribute(1, "abcd"), 9), []seen{{1, "abcd", 4}}, "1 stray bytes after the last attribute"},
		{"too long", attribute(1, "abcd")[:7], nil, "attribute 1 says it has 8 bytes where 7 are left"},
		{"too short", Uint32(3), nil, "attribute 0 says it has 3 bytes where 4 are left"},
		{"length 0", make([]byte, 8), nil, "attribute 0 says it has 0 bytes where 8 are left"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []seen
			a := Walk(test.data)
			for a.Next() {
				got = append(got, seen{a.Type(), string(a.Bytes()), a.Offset()})
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if err := a.Err(); (err == nil) != (test.err == "") || err != nil && err.Error() != test.err {
				t.Errorf("error %v, want %q", err, test.err)
			}
		})
	}
}

func TestAttributeValues(t *testing.T) {
	data := Append(nil, 1, Uint32(7))
	data = Append(data, 2|unix.NLA_F_NESTED, Append(nil, 3, []byte("text\x00more")))
	data = Append(data, 4, []byte{9})
	a := Walk(data)
	if !a.Next() || a.Uint32("x") != 7 {
		t.Errorf("first: %+v", a)
	}
	if value, bits := a.Number("x"); value != 7 || bits != 32 {
		t.Errorf("first: %d with %d bits", value, bits)
	}
	if !a.Next() {
		t.Errorf("second: %+v", a)
	}
	inner := a.Nest()
	if !inner.Next() || inner.Type() != 3 || string(inner.Text()) != "text" || inner.Next() || inner.Err() != nil {
		t.Errorf("inside: %+v", inner)
	}
	if !a.Next() || a.Uint8("x") != 9 || a.Next() || a.Err() != nil {
		t.Errorf("last: %+v", a)
	}
}

func TestAttributeFaults(t *testing.T) {
	for want, read := range map[string]func(*Attributes){
		"attribute A: has 5 bytes, not 1":    func(a *Attributes) { a.Uint8("A") },
		"attribute A: has 5 bytes, not 2":    func(a *Attributes) { a.Uint16("A") },
		"attribute A: has 5 bytes, not 4":    func(a *Attributes) { a.Uint32("A"); a.Uint8("B") },
		"attribute A: has 5 bytes, not 8":    func(a *Attributes) { a.Uint64("A") },
		"attribute A: 5 bytes are no number": func(a *Attributes) { a.Number("A") },
		"attribute A: attribute B: has 0 bytes, not 4": func(a *Attributes) {
			inner := Walk(Append(nil, 2, nil))
			inner.Next()
			inner.Uint32("B")
			a.Fail("A", inner.Err())
		},
	} {
		a := Walk(join(Append(nil, 9, make([]byte, 5)), Append(nil, 9, nil)))
		a.Next()
		read(&a)
		if err := a.Err(); err == nil || err.Error() != want || a.Next() {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}
