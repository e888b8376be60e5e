package netdm

import (
	"encoding/hex"
	"testing"
)

// The bytes are those that a little-endian kernel wants.
func TestRequests(t *testing.T) {
	littleEndian(t)
	modern := Features{Configure: true, Hardware: true}
	change := func(f Features, software, hardware bool) func() ([]byte, error) {
		return func() ([]byte, error) { return encodeSwitch(f, software, hardware) }
	}
	for _, test := range []struct {
		name   string
		encode func() ([]byte, error)
		want   string
	}{
		{
			"configuration", func() ([]byte, error) { return encodeSettings(Settings{Mode: Packets, Truncate: 128, Queue: 10000}) },
			"0500010001000000" + "0800090080000000" + "08000b0010270000",
		},
		{
			"configuration of zeros", func() ([]byte, error) { return encodeSettings(Settings{}) },
			"0500010000000000" + "0800090000000000" + "08000b0000000000",
		},
		{"software", change(modern, true, false), "04001400"},
		{"hardware", change(modern, false, true), "04001500"},
		{"both", change(modern, true, true), "04001400" + "04001500"},
		{"old kernel", change(Features{}, true, false), ""},
	} {
		got, err := test.encode()
		if err != nil || hex.EncodeToString(got) != test.want {
			t.Errorf("%s: got %x, %v, want %s", test.name, got, err, test.want)
		}
	}
}
