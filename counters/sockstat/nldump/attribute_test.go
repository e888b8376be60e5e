package nldump

import (
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

func attribute(kind uint16, data string) []byte {
	b := binary.NativeEndian.AppendUint16(nil, uint16(attributeHeader+len(data)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = append(b, data...)
	return append(b, make([]byte, align(len(data))-len(data))...)
}

func TestWalk(t *testing.T) {
	type seen struct {
		Type   uint16
		Data   string
		Offset int
	}
	unpadded := attribute(3, "xyz")
	for _, test := range []struct {
		name string
		data []byte
		want []seen
		bad  bool
	}{
		{"none", nil, nil, false},
		{"two", join(attribute(1, "a"), attribute(2, "bcde")), []seen{{1, "a", 4}, {2, "bcde", 12}}, false},
		{"flags", attribute(5|unix.NLA_F_NESTED, ""), []seen{{5, "", 4}}, false},
		{"no padding at the end", unpadded[:7], []seen{{3, "xyz", 4}}, false},
		{"rest", append(attribute(1, "abcd"), 9), []seen{{1, "abcd", 4}}, true},
		{"too long", attribute(1, "abcd")[:7], nil, true},
		{"length 0", make([]byte, 8), nil, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []seen
			a := Walk(test.data)
			for a.Next() {
				got = append(got, seen{a.Type, string(a.Data), a.Offset})
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if (a.Err() != nil) != test.bad {
				t.Errorf("error %v", a.Err())
			}
		})
	}
}

func FuzzWalk(f *testing.F) {
	f.Add(join(attribute(1, "a"), attribute(2, "bcde")))
	f.Fuzz(func(t *testing.T, data []byte) {
		end := 0
		a := Walk(data)
		for a.Next() {
			if a.Offset < end+attributeHeader || a.Offset+len(a.Data) > len(data) {
				t.Fatalf("attribute at %d of %d bytes, after %d", a.Offset, len(data), end)
			}
			end = a.Offset + len(a.Data)
		}
		if a.Err() == nil && align(end) < len(data) {
			t.Errorf("ended at %d of %d without an error", end, len(data))
		}
	})
}
