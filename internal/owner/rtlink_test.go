package owner

import (
	"encoding/binary"
	"testing"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// newLink builds what the kernel sends for one interface.
func newLink(t testing.TB, index uint32, attrs ...netlink.Attribute) []byte {
	t.Helper()
	data := make([]byte, unix.SizeofIfInfomsg)
	binary.NativeEndian.PutUint32(data[4:], index)
	b, err := netlink.MarshalAttributes(attrs)
	if err != nil {
		t.Fatal(err)
	}
	return append(data, b...)
}

func nameAttr(name string) netlink.Attribute {
	return netlink.Attribute{Type: unix.IFLA_IFNAME, Data: append([]byte(name), 0)}
}

func TestParseNewLink(t *testing.T) {
	// A size that no known version of the attribute has.
	stats := netlink.Attribute{Type: unix.IFLA_STATS64, Data: make([]byte, 416)}
	tests := []struct {
		name  string
		data  []byte
		index uint32
		want  string
		ok    bool
	}{
		{"name first", newLink(t, 7, nameAttr("veth0"), stats), 7, "veth0", true},
		{"name last", newLink(t, 7, stats, nameAttr("veth0")), 7, "veth0", true},
		{"no name", newLink(t, 7, stats), 0, "", false},
		{"empty name", newLink(t, 7, nameAttr("")), 0, "", false},
		{"no index", newLink(t, 0, nameAttr("veth0")), 0, "", false},
		{"no attributes", newLink(t, 7), 0, "", false},
		{"short header", newLink(t, 7)[:15], 0, "", false},
		{"attribute longer than the message", append(newLink(t, 7), 200, 0, 3, 0), 0, "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			index, name, err := parseNewLink(tt.data)
			if index != tt.index || name != tt.want || (err == nil) != tt.ok {
				t.Errorf("got %d %q %v, want %d %q", index, name, err, tt.index, tt.want)
			}
		})
	}
}

func FuzzParseNewLink(f *testing.F) {
	f.Add(newLink(f, 7, nameAttr("veth0")))
	f.Add(append(newLink(f, 7), 200, 0, 3, 0))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		index, name, err := parseNewLink(data)
		if (err == nil) != (index != 0 && name != "") {
			t.Errorf("%x: got %d %q %v", data, index, name, err)
		}
	})
}
